package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Producer;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// ONNX text → [Model], by recursive descent along the grammar of the syntax document; the rules stand before the
/// methods.
final class TextParser {
    private static final int MAX_DEPTH = 32;

    private static final ValueType UNTYPED = new ValueType.OpaqueType(Bytes.EMPTY);

    private final TextScanner in;
    private final AttributeParser attributes;
    private int depth;

    TextParser(TextScanner in) {
        this.in = in;
        this.attributes = new AttributeParser(in, this);
    }

    static boolean isSpecialNumber(String identifier) {
        return Set.of("nan", "inf", "infinity").contains(identifier);
    }

    /// `model ::= header? graph function*`
    Model model() {
        Header header = header();
        Graph graph = graph(in.name());
        List<Function> functions = new ArrayList<>();
        while (!in.atEnd()) {
            functions.add(function());
        }
        Producer producer =
                new Producer(header.producerName, header.producerVersion, header.domain, header.modelVersion);
        return new Model(header.irVersion, header.operatorSets, producer, graph, functions, header.details());
    }

    /// What stands between `<` and `>` before a graph or a function.
    private static final class Header {
        private long irVersion = 1;
        private List<OperatorSet> operatorSets = List.of();
        private String producerName = "";
        private String producerVersion = "";
        private String domain = "";
        private String overload = "";
        private long modelVersion;
        private String docString = "";
        private Map<String, String> metadata = Map.of();

        Details details() {
            return docString.isEmpty() && metadata.isEmpty()
                    ? Details.NONE
                    : new Details(docString, metadata, Bytes.EMPTY);
        }
    }

    /// `header ::= '<' key ':' value (',' key ':' value)* '>'`
    private Header header() {
        Header header = new Header();
        if (!in.accept("<")) {
            return header;
        }
        do {
            String key = in.peekIdentifier();
            if (!Set.of(
                            "ir_version",
                            "opset_import",
                            "producer_name",
                            "producer_version",
                            "domain",
                            "overload",
                            "model_version",
                            "doc_string",
                            "metadata_props")
                    .contains(key)) {
                throw in.error("'%s' is no key of a header".formatted(key));
            }
            in.identifier();
            in.expect(":");
            headerValue(key, header);
        } while (in.accept(","));
        in.expect(">");
        return header;
    }

    private void headerValue(String key, Header header) {
        switch (key) {
            case "ir_version" -> header.irVersion = TensorText.integer(in);
            case "model_version" -> header.modelVersion = TensorText.integer(in);
            case "producer_name" -> header.producerName = in.quoted().text();
            case "producer_version" -> header.producerVersion = in.quoted().text();
            case "domain" -> header.domain = in.quoted().text();
            case "overload" -> header.overload = in.quoted().text();
            case "doc_string" -> header.docString = in.quoted().text();
            case "opset_import" -> header.operatorSets = operatorSets();
            default -> header.metadata = metadata();
        }
    }

    private List<OperatorSet> operatorSets() {
        List<OperatorSet> sets = new ArrayList<>();
        in.expect("[");
        while (in.at('"')) {
            String domain = in.quoted().text();
            in.expect(":");
            sets.add(new OperatorSet(domain, TensorText.integer(in)));
            if (!in.accept(",")) {
                break;
            }
        }
        in.expect("]");
        return sets;
    }

    private Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        in.expect("[");
        while (in.at('"')) {
            String key = in.quoted().text();
            in.expect(":");
            metadata.put(key, in.quoted().text());
            if (!in.accept(",")) {
                break;
            }
        }
        in.expect("]");
        return metadata;
    }

    /// `graph ::= name '(' values ')' '=>' '(' values ')' ('<' values '>')? '{' node* '}'`, where a value of the first
    /// or third list may have `= {…}`: it is an initializer. After the name.
    Graph graph(String name) {
        if (++depth > MAX_DEPTH) {
            throw in.error("graphs are nested more than %d deep".formatted(MAX_DEPTH));
        }
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        in.expect("(");
        List<Value> inputs = values(')', true, initializers);
        in.expect(")");
        in.expect("=>");
        in.expect("(");
        List<Value> outputs = values(')', false, initializers);
        in.expect(")");
        List<Value> valueInfos = List.of();
        if (in.accept("<")) {
            valueInfos = values('>', false, initializers);
            in.expect(">");
        }
        Graph graph = new Graph(name, inputs, outputs, nodes(), initializers, valueInfos, Details.NONE);
        depth--;
        return graph;
    }

    /// @param keepTyped whether an initializer is also listed as a value
    private List<Value> values(char end, boolean keepTyped, Map<String, TensorData> initializers) {
        List<Value> values = new ArrayList<>();
        while (!in.at(end)) {
            ValueType type = TypeText.at(in) ? TypeText.parse(in) : UNTYPED;
            Value value = new Value(in.name(), type, Details.NONE);
            boolean initialized = in.accept("=");
            if (initialized && initializers.put(value.name(), initializer(type)) != null) {
                throw in.error("before here '%s' is initialized a second time".formatted(value.name()));
            }
            if (!initialized || keepTyped) {
                values.add(value);
            }
            if (!in.accept(",")) {
                break;
            }
        }
        return values;
    }

    private TensorData initializer(ValueType type) {
        return type instanceof ValueType.TensorType tensor ? tensor(tensor) : failUntyped();
    }

    private TensorData failUntyped() {
        throw in.error("an initializer needs a tensor type");
    }

    /// The `{…}` after a tensor's type.
    TensorData tensor(ValueType.TensorType type) {
        boolean concrete = type.shape().isPresent() && type.shape().get().isStatic();
        if (!concrete) {
            throw in.error("the type of a tensor needs numbers for dimensions");
        }
        return TensorText.parse(in, type.elementType(), type.shape().get().sizes());
    }

    /// `function ::= header? name ('<' attributes '>')? '(' names ')' '=>' '(' names ')' ('<' values '>')? '{' node*
    /// '}'`
    private Function function() {
        Header header = header();
        String name = in.name();
        List<String> required = new ArrayList<>();
        Map<String, Attribute> defaults = new LinkedHashMap<>();
        if (in.accept("<")) {
            attributes.declarations(required, defaults);
        }
        List<Value> valueInfos = new ArrayList<>();
        List<String> inputs = parameters(valueInfos);
        in.expect("=>");
        List<String> outputs = parameters(valueInfos);
        if (in.accept("<")) {
            valueInfos.addAll(values('>', false, new LinkedHashMap<>()));
            in.expect(">");
        }
        return new Function(
                header.domain,
                name,
                header.overload,
                inputs,
                outputs,
                required,
                defaults,
                nodes(),
                header.operatorSets,
                valueInfos,
                header.details());
    }

    /// A parameter's type, where it is given, goes into the value infos.
    private List<String> parameters(List<Value> valueInfos) {
        in.expect("(");
        List<Value> values = values(')', true, new LinkedHashMap<>());
        in.expect(")");
        values.stream().filter(value -> !value.type().equals(UNTYPED)).forEach(valueInfos::add);
        return values.stream().map(Value::name).toList();
    }

    private List<Node> nodes() {
        List<Node> nodes = new ArrayList<>();
        in.expect("{");
        while (!in.accept("}")) {
            nodes.add(node());
        }
        return nodes;
    }

    /// `node ::= ('[' name ']')? names '=' operator attributes? '(' names ')' attributes?`
    private Node node() {
        String label = "";
        if (in.accept("[")) {
            label = in.name();
            in.expect("]");
        }
        List<String> outputs = names('=');
        in.expect("=");
        List<String> operator = operator();
        String overload = in.accept(":") ? in.name() : "";
        Map<String, Attribute> values = new LinkedHashMap<>();
        attributes.list(values);
        in.expect("(");
        List<String> inputs = names(')');
        in.expect(")");
        attributes.list(values);
        String domain = String.join(".", operator.subList(0, operator.size() - 1));
        return new Node(label, operator.getLast(), domain, overload, inputs, outputs, values, Details.NONE);
    }

    /// `operator ::= (word '.')* word`, the words before the last being the domain
    private List<String> operator() {
        List<String> words = new ArrayList<>();
        do {
            words.add(in.name());
        } while (in.accept("."));
        return words;
    }

    /// Names up to `end`; nothing between two commas is the empty name of an absent value.
    private List<String> names(char end) {
        List<String> names = new ArrayList<>();
        while (!in.at(end)) {
            names.add(in.at(',') ? "" : in.name());
            if (!in.accept(",")) {
                break;
            }
        }
        return names;
    }
}
