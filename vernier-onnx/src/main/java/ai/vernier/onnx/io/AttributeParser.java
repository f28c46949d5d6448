package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.AttributeProto.AttributeType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The attributes of nodes and functions in ONNX text.
final class AttributeParser {
    private final TextScanner in;
    private final TextParser graphs;

    AttributeParser(TextScanner in, TextParser graphs) {
        this.in = in;
        this.graphs = graphs;
    }

    /// `attributes ::= '<' attribute (',' attribute)* '>'`, or nothing
    void list(Map<String, Attribute> attributes) {
        if (!in.accept("<")) {
            return;
        }
        do {
            String key = in.name();
            put(key, attribute(), attributes);
        } while (in.accept(","));
        in.expect(">");
    }

    /// After the `<` of a function: names of required attributes, and attributes with their defaults.
    void declarations(List<String> required, Map<String, Attribute> defaults) {
        do {
            String key = in.name();
            if (in.at(':') || in.at('=')) {
                put(key, attribute(), defaults);
            } else {
                required.add(key);
            }
        } while (in.accept(","));
        in.expect(">");
    }

    private void put(String key, Attribute attribute, Map<String, Attribute> attributes) {
        if (attributes.put(key, attribute) != null) {
            throw in.error("before here attribute '%s' is given a second time".formatted(key));
        }
    }

    /// `attribute ::= name (':' type)? '=' ('@' name | value | '[' (value (',' value)*)? ']')`, after the name
    private Attribute attribute() {
        String type = in.accept(":") ? typeName() : "";
        in.expect("=");
        if (in.accept("@")) {
            return new Attribute.Reference(in.name(), typeNumber(type));
        }
        if (type.equals("opaque")) {
            return new Attribute.OpaqueValue(TensorText.hex(in, in.quoted().text()));
        }
        return in.accept("[") ? listOf(type) : single(type);
    }

    private String typeName() {
        return in.atNumber() ? in.number() : in.identifier();
    }

    private int typeNumber(String type) {
        if (type.isEmpty()) {
            return AttributeType.UNDEFINED_VALUE;
        }
        return Arrays.stream(AttributeType.values())
                .filter(known -> known.name().toLowerCase(Locale.ROOT).equals(type))
                .map(AttributeType::getNumber)
                .findFirst()
                .orElseGet(() -> Math.toIntExact(parseNumber(type)));
    }

    private long parseNumber(String type) {
        try {
            return Integer.parseInt(type);
        } catch (NumberFormatException _) {
            throw in.error("before here stands '" + type + "', which is no attribute type");
        }
    }

    private Attribute single(String type) {
        if (in.at('"')) {
            Bytes quoted = in.quoted();
            // A graph's name may be quoted, too.
            return in.at('(')
                    ? new Attribute.GraphValue(graphs.graph(quoted.text()))
                    : new Attribute.StringValue(quoted);
        }
        if (TypeText.at(in)) {
            return new Attribute.TensorValue(tensor());
        }
        if (atNumber()) {
            String number = in.number();
            return type.equals("float") || !isInteger(number)
                    ? new Attribute.FloatValue(floating(number))
                    : new Attribute.IntValue(integer(number));
        }
        return new Attribute.GraphValue(graphs.graph(in.name()));
    }

    private boolean atNumber() {
        return in.atNumber() || TextParser.isSpecialNumber(in.peekIdentifier());
    }

    private TensorData tensor() {
        var type = TypeText.parseTensor(in);
        if (in.atName()) {
            in.name();
        }
        in.accept("=");
        return graphs.tensor(type);
    }

    /// After `[`.
    private Attribute listOf(String type) {
        if (in.accept("]")) {
            return empty(type);
        }
        Attribute list;
        if (in.at('"')) {
            Bytes first = in.quoted();
            list = in.at('(')
                    ? new Attribute.GraphsValue(graphList(first.text()))
                    : new Attribute.StringsValue(quotedList(first));
        } else if (TypeText.at(in)) {
            list = new Attribute.TensorsValue(tensors());
        } else if (atNumber()) {
            list = numbers(type);
        } else {
            list = new Attribute.GraphsValue(graphList(in.name()));
        }
        in.expect("]");
        return list;
    }

    private Attribute empty(String type) {
        return switch (type) {
            case "ints" -> new Attribute.IntsValue(List.of());
            case "floats" -> new Attribute.FloatsValue(List.of());
            case "strings" -> new Attribute.StringsValue(List.of());
            case "tensors" -> new Attribute.TensorsValue(List.of());
            case "graphs" -> new Attribute.GraphsValue(List.of());
            default -> throw in.error("before here stands an empty list of unknown type; write 'name: ints = []'");
        };
    }

    private List<Bytes> quotedList(Bytes first) {
        List<Bytes> values = new ArrayList<>(List.of(first));
        while (in.accept(",")) {
            values.add(in.quoted());
        }
        return values;
    }

    private List<TensorData> tensors() {
        List<TensorData> values = new ArrayList<>();
        do {
            values.add(tensor());
        } while (in.accept(","));
        return values;
    }

    private List<Graph> graphList(String firstName) {
        List<Graph> values = new ArrayList<>(List.of(graphs.graph(firstName)));
        while (in.accept(",")) {
            values.add(graphs.graph(in.name()));
        }
        return values;
    }

    private Attribute numbers(String type) {
        List<String> values = new ArrayList<>();
        do {
            values.add(in.number());
        } while (in.accept(","));
        boolean floats = type.equals("floats") || !values.stream().allMatch(AttributeParser::isInteger);
        return floats
                ? new Attribute.FloatsValue(values.stream().map(this::floating).toList())
                : new Attribute.IntsValue(values.stream().map(this::integer).toList());
    }

    private static boolean isInteger(String number) {
        return number.matches("[-+]?[0-9]+");
    }

    private float floating(String number) {
        try {
            return TensorText.parseFloat(number);
        } catch (NumberFormatException _) {
            throw in.error("before here stands '" + number + "'; expected a number");
        }
    }

    private long integer(String number) {
        try {
            return Long.parseLong(number);
        } catch (NumberFormatException _) {
            throw in.error("before here stands " + number + ", which exceeds 64 bits");
        }
    }
}
