package ai.vernier.simulate;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.NameSupply;
import ai.vernier.quant.Encoding;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes the float32 formulas of ONNX Runtime's integer kernels (MLAS on x86-64) as ONNX nodes. Each gives the
/// unrounded codes of its output:
///
/// ```
/// Add                 fma(a, sA/sC, fma(b, sB/sC, zC − fma(sA/sC, zA, sB/sC · zB)))      a, b unsigned codes
/// Mul                 (a − zA)(b − zB) · (sA·sB/sC) + zC
/// GlobalAveragePool   Σ(a − zA) · (sA / (sC·H·W))                                   without zC
/// ```
final class KernelFormulas {
    private final NameSupply names;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, TensorData> initializers;

    KernelFormulas(Graph graph) {
        this.names = NameSupply.of(graph);
        this.initializers = new LinkedHashMap<>(graph.initializers());
    }

    /// A value on its grid.
    record Operand(String value, Encoding grid) {
        /// The zero point, counted from the lowest code: ONNX Runtime computes on unsigned codes, also for signed
        /// grids.
        float zero() {
            return grid.zeroPoint(0) - grid.format().min();
        }
    }

    List<Node> nodes() {
        return Collections.unmodifiableList(nodes);
    }

    Map<String, TensorData> initializers() {
        return Collections.unmodifiableMap(initializers);
    }

    void keep(Node node) {
        nodes.add(node);
    }

    void sum(Operand a, Operand b, Operand output) {
        float ratioA = a.grid.scale(0) / output.grid.scale(0);
        float ratioB = b.grid.scale(0) / output.grid.scale(0);
        float fixed = output.zero() - Math.fma(ratioA, a.zero(), ratioB * b.zero());
        String inner = fusedMultiplyAdd(codes(b), ratioB, constant(DataType.DOUBLE, fixed));
        String outer = fusedMultiplyAdd(codes(a), ratioA, node("Cast", DataType.DOUBLE, inner));
        nodes.add(Node.of("", "Identity", List.of(outer), List.of(output.value)));
    }

    /// The product of an 8-bit code and a float32 is exact in double, and so is the sum at these magnitudes; narrowing
    /// it rounds once, as fma does.
    private String fusedMultiplyAdd(String codes, float factor, String addend) {
        String product = node("Mul", codes, constant(DataType.DOUBLE, factor));
        return node("Cast", DataType.FLOAT, node("Add", product, addend));
    }

    void product(Operand a, Operand b, Operand output) {
        float ratio = a.grid.scale(0) * b.grid.scale(0) / output.grid.scale(0);
        String scaled = node("Mul", node("Mul", centred(a), centred(b)), constant(DataType.FLOAT, ratio));
        String zero = constant(DataType.FLOAT, output.zero());
        nodes.add(Node.of("", "Add", List.of(scaled, zero), List.of(output.value)));
    }

    void globalAverage(Operand a, Operand output) {
        String mean = node("GlobalAveragePool", a.value);
        String whole = node("Cast", DataType.FLOAT, node("Size", a.value));
        String count = node("Div", whole, node("Cast", DataType.FLOAT, node("Size", mean)));
        String steps = node("Mul", node("Mul", mean, count), constant(DataType.FLOAT, 1 / a.grid.scale(0)));
        String divisor = node("Mul", constant(DataType.FLOAT, output.grid.scale(0)), count);
        String multiplier = node("Div", constant(DataType.FLOAT, a.grid.scale(0)), divisor);
        nodes.add(Node.of("", "Mul", List.of(node("Round", steps), multiplier), List.of(output.value)));
    }

    /// The codes of an operand without the zero point.
    private String centred(Operand operand) {
        return node("Round", node("Mul", operand.value, constant(DataType.FLOAT, 1 / operand.grid.scale(0))));
    }

    /// The codes of an operand, in double.
    private String codes(Operand operand) {
        String zeroPoint = constant(DataType.FLOAT, operand.zero());
        return node("Cast", DataType.DOUBLE, node("Add", centred(operand), zeroPoint));
    }

    private String constant(DataType type, double value) {
        String name = names.fresh("kernel_constant");
        TensorData data = type == DataType.DOUBLE
                ? TensorData.ofDoubles(new double[] {value})
                : TensorData.ofFloats(new float[] {(float) value});
        initializers.put(name, data);
        return name;
    }

    private String node(String opType, String... inputs) {
        String output = names.fresh("kernel_" + opType);
        nodes.add(Node.of("", opType, List.of(inputs), List.of(output)));
        return output;
    }

    private String node(String opType, DataType to, String input) {
        String output = names.fresh("kernel_" + opType);
        nodes.add(Node.of("", opType, List.of(input), List.of(output)).withAttribute("to", Attribute.of(to.number())));
        return output;
    }
}
