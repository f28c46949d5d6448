package ai.vernier.export;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.UseLists;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.rewrite.CapturedNames;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.Scheme;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// Reads a QDQ model back: takes out every QuantizeLinear and DequantizeLinear pair, gives weights and biases their
/// dequantized float values, and collects the grids as encodings. The inverse of [QdqExporter]:
///
/// ```
/// read(export(q)).encodings() = q.encodings()          export(read(export(q))) = export(q)
/// ```
///
/// (the second for int32 codes that survive float32, see [FloatCodes]).
///
/// QDQ models of other tools are read where each quantized tensor has one grid for all its readers, as
/// onnxruntime.quantization writes them.
public final class QdqImporter {
    private static final String RULE = "stated in the file";
    private static final String METHOD = "file";

    private QdqImporter() {}

    /// The float model of `qdq` with the grids that the file states; without grids where it is a float model.
    ///
    /// @throws UnsupportedModelException where a quantized tensor is not a plain pair or a DequantizeLinear
    ///     of constant codes; it names the node
    /// @throws InvalidInputException where constants that are no float32 numbers are quantized; it names all
    public static QuantizedModel read(Model qdq) {
        Graph graph = qdq.graph();
        QdqPattern pattern = QdqPattern.of(qdq);
        Graph stripped = strip(graph, pattern);
        Map<String, Encoding> encodings = inGraphOrder(stripped, pattern.encodings());
        requireFloats(stripped, encodings);
        return new QuantizedModel(
                new Model(
                        qdq.irVersion(),
                        qdq.operatorSets(),
                        qdq.producer(),
                        stripped,
                        qdq.functions(),
                        withoutGridNotes(qdq.details())),
                plan(stripped, encodings),
                encodings);
    }

    private static Graph strip(Graph graph, QdqPattern pattern) {
        List<Node> kept = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (!pattern.isPartOfPattern(node)) {
                Node reading = CapturedNames.rename(node, pattern.reads());
                kept.add(reading.withOutputs(node.outputs().stream()
                        .map(output -> pattern.produced().getOrDefault(output, output))
                        .toList()));
            }
        }
        Set<String> used = new HashSet<>();
        kept.forEach(node -> used.addAll(UseLists.usedBy(node)));
        graph.outputs().stream().map(Value::name).forEach(used::add);
        Set<String> unused = new HashSet<>(pattern.constants());
        unused.removeAll(used);
        kept.removeIf(node -> unused.containsAll(node.outputs()));
        return graph.withNodes(kept).withInitializers(initializers(graph, pattern, unused));
    }

    private static Map<String, TensorData> initializers(Graph graph, QdqPattern pattern, Set<String> unused) {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        graph.initializers().forEach((name, value) -> {
            initializers.putAll(pattern.weightsStoredIn(name));
            if (!unused.contains(name)) {
                initializers.put(name, value);
            }
        });
        graph.nodes().stream()
                .flatMap(node -> node.outputs().stream())
                .forEach(output -> initializers.putAll(pattern.weightsStoredIn(output)));
        return initializers;
    }

    private static Map<String, Encoding> inGraphOrder(Graph graph, Map<String, Encoding> encodings) {
        Map<String, Encoding> ordered = new LinkedHashMap<>();
        Stream<String> names = Stream.of(
                        graph.inputs().stream().map(Value::name),
                        graph.initializers().keySet().stream(),
                        graph.nodes().stream().flatMap(node -> node.outputs().stream()))
                .flatMap(each -> each);
        names.forEach(name -> {
            Encoding encoding = encodings.get(name);
            if (encoding != null) {
                ordered.put(name, encoding);
            }
        });
        return ordered;
    }

    private static void requireFloats(Graph graph, Map<String, Encoding> encodings) {
        List<String> problems = graph.initializers().entrySet().stream()
                .filter(constant -> encodings.containsKey(constant.getKey()))
                .filter(constant -> constant.getValue().dataType() != DataType.FLOAT)
                .map(constant -> "initializer '%s' %s: is quantized, which only float tensors can be"
                        .formatted(constant.getKey(), constant.getValue()))
                .toList();
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }

    private static Plan plan(Graph graph, Map<String, Encoding> encodings) {
        Map<String, Decision> decisions = new LinkedHashMap<>();
        encodings.forEach(
                (tensor, encoding) -> decisions.put(tensor, new Decision.Calibrated(spec(encoding), METHOD, RULE)));
        for (Node node : graph.nodes()) {
            if (node.inputs().size() == 3 && encodings.keySet().containsAll(node.inputs())) {
                String bias = node.inputs().get(2);
                boolean wide = IntegerFormat.INT32.equals(spec(encodings, bias).format());
                if (wide) {
                    String input = node.inputs().get(0);
                    String weight = node.inputs().get(1);
                    decisions.put(bias, new Decision.AccumulatorBias(input, weight, RULE));
                }
            }
        }
        return new Plan(decisions);
    }

    private static QuantSpec spec(Map<String, Encoding> encodings, String tensor) {
        Encoding encoding = encodings.get(tensor);
        if (encoding == null) {
            throw new IllegalArgumentException("'" + tensor + "' has no encoding");
        }
        return spec(encoding);
    }

    private static QuantSpec spec(Encoding encoding) {
        return new QuantSpec(encoding.format(), encoding.granularity(), scheme(encoding));
    }

    private static Scheme scheme(Encoding encoding) {
        if (encoding.isSymmetric()) {
            boolean restricted = encoding.minCode() > encoding.format().min();
            return restricted ? Scheme.SYMMETRIC_RESTRICTED : Scheme.SYMMETRIC;
        }
        boolean nonNegative = !encoding.format().signed() && isZero(encoding.zeroPoints());
        return nonNegative ? Scheme.UNSIGNED_SYMMETRIC : Scheme.ASYMMETRIC;
    }

    private static boolean isZero(long[] zeroPoints) {
        for (long zeroPoint : zeroPoints) {
            if (zeroPoint != 0) {
                return false;
            }
        }
        return true;
    }

    private static Details withoutGridNotes(Details details) {
        Map<String, String> metadata = new LinkedHashMap<>(details.metadata());
        metadata.keySet().removeIf(GridNote::isKey);
        return new Details(details.docString(), metadata, details.unknownFields());
    }
}
