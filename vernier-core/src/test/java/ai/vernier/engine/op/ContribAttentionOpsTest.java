package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// ONNX Runtime's attention operators against ONNX Runtime: 2 samples of 3 elements, 2 heads of size 4.
class ContribAttentionOpsTest {
    private static TensorData ints(long[] values, long... dims) {
        return TensorData.ofIntegers(DataType.INT32, values, dims);
    }

    private static Differential attention(String mask, String attributes) {
        return Differential.of(
                17,
                "(float[2,3,8] x, float[8,24] w, float[24] b%s) => (float[2,3,8] y)"
                        .formatted(mask.isEmpty() ? "" : ", int32" + mask + " m"),
                "y = com.microsoft.Attention <num_heads = 2%s> (x, w, b%s)"
                        .formatted(attributes, mask.isEmpty() ? "" : ", m"));
    }

    @Test
    void attentionWithEveryKindOfMask() {
        attention("", "").agrees();
        attention("", ", unidirectional = 1, scale = 0.3").agrees();
        attention("[2]", "").with("m", ints(new long[] {3, 2}, 2)).agrees();
        attention("[4]", "").with("m", ints(new long[] {3, 2, 1, 0}, 4)).agrees();
        attention("[2,3]", "")
                .with("m", ints(new long[] {1, 1, 0, 1, 1, 1}, 2, 3))
                .agrees();
        long[] perQuery = {1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1};
        attention("[2,3,3]", "").with("m", ints(perQuery, 2, 3, 3)).agrees();
    }

    @Test
    void attentionWithPastAndBias() {
        Differential.of(
                        17,
                        "(float[2,3,8] x, float[8,24] w, float[24] b, float[2,2,2,5,4] past)"
                                + " => (float[2,3,8] y, float[2,2,2,8,4] present)",
                        "y, present = com.microsoft.Attention <num_heads = 2, unidirectional = 1>"
                                + " (x, w, b, \"\", past)")
                .agrees();
        Differential.of(
                        17,
                        "(float[2,3,8] x, float[8,24] w, float[24] b, float[2,2,3,3] bias) => (float[2,3,8] y)",
                        "y = com.microsoft.Attention <num_heads = 2> (x, w, b, \"\", \"\", bias)")
                .agrees();
    }

    @ParameterizedTest
    @CsvSource({"0,5", "0,3", "1,3", "1,5", "1,2"})
    void multiHeadAttention(int causal, int keys) {
        Differential.of(
                        17,
                        ("(float[2,3,8] q, float[2,%1$d,8] k, float[2,%1$d,12] v, float[28] b, float[1,2,3,%1$d] bias)"
                                        + " => (float[2,3,12] y)")
                                .formatted(keys),
                        "y = com.microsoft.MultiHeadAttention <num_heads = 2, unidirectional = %d>".formatted(causal)
                                + " (q, k, v, b, \"\", bias)")
                .agrees();
    }

    @Test
    void multiHeadAttentionWithMaskAndPast() {
        Differential.of(
                        17,
                        "(float[2,3,8] q, float[2,5,8] k, float[2,5,8] v, int32[2,5] m) => (float[2,3,8] y)",
                        "y = com.microsoft.MultiHeadAttention <num_heads = 2> (q, k, v, \"\", m)")
                .with("m", ints(new long[] {1, 1, 1, 0, 0, 1, 1, 1, 1, 0}, 2, 5))
                .agrees();
        Differential.of(
                        17,
                        "(float[2,3,8] q, float[2,3,8] k, float[2,3,8] v, float[2,2,4,4] pk, float[2,2,4,4] pv)"
                                + " => (float[2,3,8] y, float[2,2,7,4] nk, float[2,2,7,4] nv)",
                        "y, nk, nv = com.microsoft.MultiHeadAttention <num_heads = 2>"
                                + " (q, k, v, \"\", \"\", \"\", pk, pv)")
                .agrees();
        Differential.of(
                        17,
                        "(float[2,3,8] q, float[2,2,5,4] k, float[2,2,5,4] v) => (float[2,3,8] y)",
                        "y = com.microsoft.MultiHeadAttention <num_heads = 2> (q, k, v)")
                .agrees();
    }

    @Test
    void groupQueryAttentionOfAPrompt() {
        groupQuery("float[2,2,0,16] pk, float[2,2,0,16] pv", 3, "")
                .with("pk", TensorData.ofFloats(new float[0], 2, 2, 0, 16))
                .with("pv", TensorData.ofFloats(new float[0], 2, 2, 0, 16))
                .with("last", ints(new long[] {2, 2}, 2))
                .with("total", ints(new long[] {3}))
                .agrees();
    }

    @Test
    void groupQueryAttentionOfOneMoreWord() {
        for (String more : new String[] {"", ", local_window_size = 3", ", softcap = 0.8, rotary_interleaved = 1"}) {
            groupQuery("float[2,2,5,16] pk, float[2,2,5,16] pv", 1, more)
                    .with("last", ints(new long[] {5, 3}, 2))
                    .with("total", ints(new long[] {6}))
                    .agrees();
        }
    }

    private static Differential groupQuery(String past, int length, String more) {
        return Differential.of(
                17,
                ("(float[2,%1$d,64] q, float[2,%1$d,32] k, float[2,%1$d,32] v, %2$s, int32[2] last, int32 total,"
                                + " float[9,8] cos, float[9,8] sin)"
                                + " => (float[2,%1$d,64] y, float[2,2,n,16] nk, float[2,2,n,16] nv)")
                        .formatted(length, past),
                "y, nk, nv = com.microsoft.GroupQueryAttention <num_heads = 4, kv_num_heads = 2, do_rotary = 1%s>"
                                .formatted(more)
                        + " (q, k, v, pk, pv, last, total, cos, sin)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void rotaryEmbedding(int interleaved) {
        String node = "y = com.microsoft.RotaryEmbedding <interleaved = %d> (x, p, cos, sin)".formatted(interleaved);
        Differential.of(
                        17,
                        "(float[2,3,16] x, int64[2,3] p, float[7,4] cos, float[7,4] sin) => (float[2,3,16] y)",
                        node)
                .with("p", TensorData.ofLongs(new long[] {0, 3, 6, 1, 1, 2}, 2, 3))
                .agrees();
        Differential.of(
                        17,
                        "(float[2,2,3,8] x, int64[1] p, float[7,4] cos, float[7,4] sin) => (float[2,2,3,8] y)",
                        node)
                .with("p", TensorData.ofLongs(new long[] {2}, 1))
                .agrees();
    }
}
