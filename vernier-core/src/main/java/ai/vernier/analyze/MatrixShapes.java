package ai.vernier.analyze;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Shapes behind matrix products, recurrent layers and attention.
final class MatrixShapes {
    private MatrixShapes() {}

    /// Infers the outputs of `node`; false where it is of another family.
    static boolean infer(NodeFacts node) {
        switch (node.type()) {
            case "Gemm", "com.microsoft.FusedGemm" -> gemm(node, 1);
            case "com.microsoft.QGemm" -> gemm(node, 3);
            case "MatMul",
                    "MatMulInteger",
                    "com.microsoft.MatMulIntegerToFloat",
                    "com.microsoft.DynamicQuantizeMatMul" -> node.is(0, product(node.shape(0), node.shape(1)));
            case "QLinearMatMul" -> node.is(0, product(node.shape(0), node.shape(3)));
            case "com.microsoft.FusedMatMul" -> fusedMatMul(node);
            case "com.microsoft.MatMulNBits" -> node.is(0, withLast(node.shape(0), node.number("N", ValueFacts.OPEN)));
            case "Einsum" -> einsum(node);
            case "LSTM", "GRU", "RNN" -> recurrent(node);
            case "Attention" -> attention(node);
            case "com.microsoft.Attention" -> packedAttention(node);
            case "com.microsoft.MultiHeadAttention" -> multiHeadAttention(node);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void gemm(NodeFacts node, int right) {
        long[] a = node.shape(0);
        long[] b = node.shape(right);
        if (a.length != 2 || b.length != 2) {
            throw new Undetermined();
        }
        node.is(0, a[node.number("transA", 0) == 0 ? 0 : 1], b[node.number("transB", 0) == 0 ? 1 : 0]);
    }

    /// As `numpy.matmul`: a vector is a matrix of one row or column, which the result does without.
    static long[] product(long[] a, long[] b) {
        if (a.length == 0 || b.length == 0) {
            throw new Undetermined();
        }
        long[] left = a.length == 1 ? new long[] {1, a[0]} : a;
        long[] right = b.length == 1 ? new long[] {b[0], 1} : b;
        long[] batch =
                MovementShapes.broadcast(Arrays.copyOf(left, left.length - 2), Arrays.copyOf(right, right.length - 2));
        int rank = batch.length + (a.length == 1 ? 0 : 1) + (b.length == 1 ? 0 : 1);
        long[] out = Arrays.copyOf(batch, rank);
        if (a.length > 1) {
            out[batch.length] = left[left.length - 2];
        }
        if (b.length > 1) {
            out[rank - 1] = right[right.length - 1];
        }
        return out;
    }

    private static void fusedMatMul(NodeFacts node) {
        node.is(
                0,
                product(
                        turned(node.shape(0), node.number("transA", 0)),
                        turned(node.shape(1), node.number("transB", 0))));
    }

    /// `extents` with the last two swapped where `transposed` says so.
    static long[] turned(long[] extents, long transposed) {
        if (transposed == 0 || extents.length < 2) {
            return extents;
        }
        long[] out = extents.clone();
        out[out.length - 1] = extents[extents.length - 2];
        out[out.length - 2] = extents[extents.length - 1];
        return out;
    }

    private static long[] withLast(long[] extents, long last) {
        long[] out = extents.clone();
        out[out.length - 1] = last;
        return out;
    }

    private static void einsum(NodeFacts node) {
        String equation = node.text("equation", "").replace(" ", "");
        Map<Character, Long> extents = labels(node);
        int arrow = equation.indexOf("->");
        if (arrow < 0) {
            throw new Undetermined();
        }
        node.is(
                0,
                equation.substring(arrow + 2)
                        .chars()
                        .mapToLong(label -> extents.getOrDefault((char) label, ValueFacts.OPEN))
                        .toArray());
    }

    /// The extent of every label of an Einsum.
    static Map<Character, Long> labels(NodeFacts node) {
        String equation = node.text("equation", "").replace(" ", "");
        if (equation.contains("...")) {
            throw new Undetermined();
        }
        String[] terms = equation.split("->", -1)[0].split(",", -1);
        Map<Character, Long> extents = new HashMap<>();
        for (int i = 0; i < terms.length; i++) {
            long[] shape = node.shape(i);
            if (shape.length != terms[i].length()) {
                throw new Undetermined();
            }
            for (int axis = 0; axis < shape.length; axis++) {
                extents.merge(terms[i].charAt(axis), shape[axis], Math::max);
            }
        }
        return extents;
    }

    /// X [steps, batch, input] (layout 1: [batch, steps, input]), R [directions, gates·hidden, hidden].
    private static void recurrent(NodeFacts node) {
        long[] in = node.shape(0);
        long[] weights = node.shape(2);
        if (in.length != 3 || weights.length != 3) {
            throw new Undetermined();
        }
        long directions = weights[0];
        long hidden = weights[2];
        boolean batchFirst = node.number("layout", 0) == 1;
        node.is(
                0,
                batchFirst
                        ? new long[] {in[0], in[1], directions, hidden}
                        : new long[] {in[0], directions, in[1], hidden});
        for (int i = 1; i < 3; i++) {
            node.is(i, batchFirst ? new long[] {in[0], directions, hidden} : new long[] {directions, in[1], hidden});
        }
    }

    /// Q, K, V [batch, heads, sequence, head] or [batch, sequence, heads·head].
    private static void attention(NodeFacts node) {
        long[] out = node.shape(0);
        long[] values = node.shape(2);
        if (out.length == 4 && values.length == 4) {
            node.is(0, withLast(out, values[3]));
        } else if (out.length == 3 && values.length == 3) {
            long heads = node.number("q_num_heads", 0);
            long valueHeads = node.number("kv_num_heads", 0);
            node.is(0, withLast(out, values[2] < 0 ? ValueFacts.OPEN : values[2] / valueHeads * heads));
        } else {
            throw new Undetermined();
        }
    }

    /// Input [batch, sequence, hidden], weights [hidden, queries + keys + values].
    private static void packedAttention(NodeFacts node) {
        long[] weights = node.shape(1);
        long last = node.node()
                .intsAttribute("qkv_hidden_sizes")
                .map(sizes -> sizes[2])
                .orElse(weights[1] < 0 ? ValueFacts.OPEN : weights[1] / 3);
        node.is(0, withLast(node.shape(0), last));
    }

    private static void multiHeadAttention(NodeFacts node) {
        long[] values = node.shape(2);
        if (node.rank(0) != 3 || values.length != 3) {
            throw new Undetermined();
        }
        node.is(0, withLast(node.shape(0), values[2]));
    }
}
