package ai.vernier.export;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Producer;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.rewrite.OpsetUpgrade;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Writes a quantized model as standard ONNX with QuantizeLinear and DequantizeLinear (QDQ).
///
/// A quantized activation passes through a pair behind its producer; weights and biases are stored as their integer
/// codes with a DequantizeLinear in front of the consumers:
///
/// ```
/// Conv(x, w, b) → y   becomes   x → QuantizeLinear → DequantizeLinear(x_quantized, …) ─┐
///                               DequantizeLinear(w_quantized int8, …) → w ─────────────┤
///                               DequantizeLinear(b_quantized int32, …) → b ────────────┴→ Conv → y_raw
///                               y_raw → QuantizeLinear → DequantizeLinear → y
/// ```
///
/// So every name of the float model but those of quantized graph inputs names the dequantized tensor, and inputs and
/// outputs of the graph keep their names. This is the pattern that ONNX Runtime turns into integer kernels. The opset
/// is raised only as far as the grids need ([Storage]), each node converted by [OpsetUpgrade].
///
/// A grid narrower than its storage type (5-bit codes in int8, or a restricted range) would saturate too late in
/// QuantizeLinear, so a float Clip to the grid's own range precedes it: for `|q − zeroPoint| < 2^20`,
/// `rint((scale · k) / scale) = k` in float32, and division is monotonic, so that the codes equal the clamped ones bit
/// for bit. A metadata entry `vernier.grid.‹tensor›` states such a grid for the reader ([QdqImporter]).
public final class QdqExporter {
    /// Metadata key under which the version of this layout stands.
    static final String LAYOUT_KEY = "vernier.layout";

    static final String LAYOUT = "1";

    private final Map<String, String> provenance;

    /// @param provenance entries for the model's metadata, such as the tool's version and the recipe's hash; their
    ///     keys get the prefix `vernier.`
    public QdqExporter(Map<String, String> provenance) {
        this.provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance));
    }

    /// The QDQ form of `quantized`; equal arguments give equal models.
    ///
    /// @throws UnsupportedModelException where a node cannot be raised to the opset that the grids need, or a
    ///     grid has no ONNX form
    public Model export(QuantizedModel quantized) {
        Map<String, Encoding> encodings = quantized.encodings();
        check(quantized.model().graph(), encodings);
        Model raised = OpsetUpgrade.raise(quantized.model(), opset(quantized.model(), encodings));
        Graph graph = new QdqGraph(raised.graph(), encodings, raised.opset()).build();
        Producer source = raised.producer();
        Producer producer =
                new Producer("vernier", provenance.getOrDefault("version", ""), source.domain(), source.modelVersion());
        return new Model(
                raised.irVersion(),
                raised.operatorSets(),
                producer,
                graph,
                raised.functions(),
                details(raised.details(), encodings));
    }

    private static long opset(Model model, Map<String, Encoding> encodings) {
        Graph graph = model.graph();
        long needed = model.opset();
        for (Map.Entry<String, Encoding> entry : encodings.entrySet()) {
            needed = Math.max(needed, Storage.of(entry.getValue()).opset());
            boolean clipped =
                    !graph.initializers().containsKey(entry.getKey()) && !Storage.usesWholeType(entry.getValue());
            needed = clipped ? Math.max(needed, QdqGraph.CLIP_OPSET) : needed;
        }
        return needed;
    }

    private static void check(Graph graph, Map<String, Encoding> encodings) {
        Set<String> tensors = new HashSet<>(graph.initializers().keySet());
        graph.inputs().stream().map(Value::name).forEach(tensors::add);
        graph.nodes().stream().map(Node::outputs).forEach(tensors::addAll);
        List<String> problems = new ArrayList<>();
        encodings.forEach((tensor, encoding) -> {
            if (!tensors.contains(tensor)) {
                throw new IllegalArgumentException("an encoding for '" + tensor + "', which the graph does not have");
            }
            checkForm(graph, tensor, encoding, problems);
        });
        if (!problems.isEmpty()) {
            throw new UnsupportedModelException(String.join(System.lineSeparator(), problems));
        }
    }

    private static void checkForm(Graph graph, String tensor, Encoding encoding, List<String> problems) {
        TensorData initializer = graph.initializers().get(tensor);
        if (initializer == null) {
            checkActivation(tensor, encoding, problems);
            return;
        }
        if (encoding.format().bits() > 16 && (!encoding.format().signed() || !encoding.isSymmetric())) {
            problems.add(
                    "initializer '%s': ONNX dequantizes codes of more than 16 bits as int32 with zero point 0 only, found %s"
                            .formatted(tensor, encoding));
        }
        if (initializer.dataType() != DataType.FLOAT) {
            problems.add("initializer '%s' is %s; only float32 weights are quantized, keep it in float"
                    .formatted(tensor, initializer.dataType().text()));
        }
    }

    private static void checkActivation(String tensor, Encoding encoding, List<String> problems) {
        if (encoding.format().bits() > 16) {
            problems.add("activation '%s': ONNX quantizes to at most 16 bits, found %s"
                    .formatted(tensor, encoding.format().text()));
            return;
        }
        boolean perTensor = encoding.granularity() instanceof Granularity.PerTensor;
        if (!perTensor && !Storage.usesWholeType(encoding)) {
            problems.add("activation '%s': %s with codes %d to %d has no ONNX form per channel; use one scale"
                    .formatted(tensor, encoding.format().text(), encoding.minCode(), encoding.maxCode()));
        }
    }

    private Details details(Details source, Map<String, Encoding> encodings) {
        Map<String, String> metadata = new LinkedHashMap<>(source.metadata());
        metadata.keySet().removeIf(GridNote::isKey);
        metadata.put(LAYOUT_KEY, LAYOUT);
        provenance.forEach((key, value) -> metadata.put("vernier." + key, value));
        new TreeMap<>(encodings).forEach((tensor, encoding) -> {
            if (!Storage.usesWholeType(encoding)) {
                metadata.put(GridNote.key(tensor), GridNote.of(encoding).text());
            }
        });
        return new Details(source.docString(), metadata, source.unknownFields());
    }
}
