package ai.vernier.bench.fuzz;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Small models that between them use most operators of the engine, in ONNX's text form.
final class SmallModels {
    static final Map<String, String> TEXTS = texts();

    private SmallModels() {}

    private static Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("convolutions", """
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[N,2,8,8] x) => (float[N,3] y)
                <float[4,2,3,3] w = {%s}, float[4] b = {1, 2, 3, 4}, float[4,1,3,3] d = {%s},
                 float[4] one = {1, 1, 1, 1}, float[4] zero = {0, 0, 0, 0}, float[4,2,2,2] t = {%s}>
                {
                  c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [1, 1]> (x, w, b)
                  n = BatchNormalization <epsilon = 0.001> (c, one, zero, zero, one)
                  r = Relu (n)
                  e = Conv <group = 4, pads = [1, 1, 1, 1], dilations = [1, 1]> (r, d)
                  s = Add (e, r)
                  p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (s)
                  a = AveragePool <kernel_shape = [3, 3], auto_pad = "SAME_UPPER", strides = [1, 1]> (p)
                  u = ConvTranspose <strides = [2, 2], output_padding = [1, 1]> (a, t)
                  q = GlobalAveragePool (u)
                  f = Flatten <axis = 1> (q)
                  m = Gemm <transB = 1> (f, k, h)
                  y = Softmax <axis = -1> (m)
                }
                """.formatted(zeros(72), zeros(36), zeros(32))
                .replace("float[4] one", "float[3,2] k = {1, 2, 3, 4, 5, 6}, float[3] h = {0, 0, 1}, float[4] one"));
        texts.put("shapes", """
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[N,4,6] x) => (float[A,B] y, int64[K] k)
                <int64[1] m = {-1}, int64[2] two = {0, 24}, int64[1] zero = {0}, int64[1] last = {2},
                 int64[6] pads = {0, 1, 1, 0, 1, 1}, int64[3] rep = {1, 2, 1}, int64[2] parts = {2, 2}, int64 depth = {5},
                 float[2] onoff = {0, 1}, int64 start = {0}, int64 limit = {10}, int64 step = {3}, int64[1] neg = {-2}>
                {
                  s = Shape (x)
                  h = Gather <axis = 0> (s, zero)
                  c = Concat <axis = 0> (h, m)
                  r = Reshape (x, c)
                  t = Transpose <perm = [1, 0]> (r)
                  p = Pad <mode = "reflect"> (x, pads)
                  i = Tile (p, rep)
                  l = Slice (i, zero, last, last, zero0)
                  a, b = Split <axis = 1> (x, parts)
                  d = Div (a, b)
                  w = ReduceMean <axes = [1, 2], keepdims = 1> (d)
                  e = Expand (w, s)
                  g = Range (start, limit, step)
                  o = OneHot <axis = -1> (g, depth, onoff)
                  f = ConstantOfShape <value = float[1] {0.5}> (s)
                  v = Mul (f, e)
                  n = Reshape (v, two)
                  y = Add (n, n)
                  q = Div (g, neg)
                  z = Mod (q, step)
                  k = Add (z, g)
                }
                """.replace(", zero0)", ", one)")
                .replace("int64[2] parts", "int64[1] one = {1}, int64[2] parts"));
        texts.put("resizing", """
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,2,5,7] x) => (float[A,B,C,D] y)
                <float[4] half = {1, 1, 0.5, 0.5}, int64[4] sizes = {1, 2, 9, 11}, float[4] two = {1, 1, 2, 2}>
                {
                  a = Resize <mode = "linear"> (x, , half)
                  b = Resize <mode = "cubic", coordinate_transformation_mode = "align_corners"> (a, , , sizes)
                  c = Resize <mode = "nearest", nearest_mode = "floor"> (b, , two)
                  d = Relu (c)
                  e = Clip (d, lo, hi)
                  y = HardSigmoid (e)
                }
                """.replace("float[4] two", "float lo = {0}, float hi = {6}, float[4] two"));
        texts.put("indices", """
                <ir_version: 8, opset_import: ["" : 16]>
                g (float[3,4] x, int64[2,2] i) => (float[A,B] y, int64[C,D] z, float[E,F] t)
                <int64[2,2] i = {0, 1, 2, 3}, float[2] u = {7, 8}, int64 k = {2}, int64 axis = {1}>
                {
                  a = Gather <axis = 1> (x, i)
                  b = GatherND (x, i)
                  c = ScatterND (x, i, u)
                  d = GatherElements <axis = 1> (c, i)
                  e = ScatterElements <axis = 1> (c, i, d)
                  z = NonZero (e)
                  v, w = TopK <axis = 1> (e, kk)
                  t = CumSum (v, axis)
                  m = ArgMax <axis = 1> (e)
                  n = Cast <to = 1> (m)
                  o = Einsum <equation = "ij,kj->ik"> (x, e)
                  q = Trilu (o)
                  y = Where (l, q, n)
                  l = Greater (q, n)
                }
                """.replace(
                        "  y = Where (l, q, n)\n  l = Greater (q, n)\n",
                        "  l = Greater (q, n)\n  y = Where (l, q, n)\n")
                .replace("int64 k = {2}", "int64[1] kk = {2}"));
        texts.put("recurrent", """
                <ir_version: 8, opset_import: ["" : 14]>
                g (float[5,N,3] x) => (float[A,B,C,D] y, float[E,F,G] h)
                <float[1,16,3] w = {%s}, float[1,16,4] r = {%s}, float[1,32] b = {%s},
                 float[1,12,3] gw = {%s}, float[1,12,4] gr = {%s}, float[1,24] gb = {%s}>
                {
                  y, l, c = LSTM <hidden_size = 4> (x, w, r, b)
                  s, h = GRU <hidden_size = 4, linear_before_reset = 1, direction = "reverse"> (x, gw, gr, gb)
                }
                """.formatted(zeros(48), zeros(64), zeros(32), zeros(36), zeros(48), zeros(24)));
        texts.put("control flow", """
                <ir_version: 8, opset_import: ["" : 16]>
                g (float[3] x, bool c) => (float[3] y, float[K,3] z)
                <int64 trips = {4}, bool go = {1}, float[3] one = {1, 1, 1}>
                {
                  a = If (c) <
                    then_branch = t () => (float[3] p) { p = Add (x, one) },
                    else_branch = e () => (float[3] q) { q = Mul (x, one) }>
                  y, z = Loop (trips, go, a) <
                    body = l (int64 i, bool k, float[3] s) => (bool k2, float[3] s2, float[3] o) {
                      k2 = Identity (k)
                      s2 = Add (s, one)
                      o = Mul (s2, s2)
                    }>
                }
                """);
        texts.put("quantized", """
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[2,4] x) => (float[2,3] y)
                <float s = {0.1}, uint8 z = {128}, int8[4,3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                 float[3] ws = {0.1, 0.2, 0.3}, int8[3] wz = {0, 0, 0}, int32[3] b = {1, 2, 3}>
                {
                  q = QuantizeLinear (x, s, z)
                  d = DequantizeLinear (q, s, z)
                  e = DequantizeLinear <axis = 1> (w, ws, wz)
                  m = MatMul (d, e)
                  i = MatMulInteger (q, w, z)
                  f = Cast <to = 1> (i)
                  y = Add (m, f)
                }
                """);
        texts.put("attention", """
                <ir_version: 8, opset_import: ["" : 17]>
                g (float[1,5,4] x) => (float[1,5,4] y)
                <float[4,4] k = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, float[4] g4 = {1, 1, 1, 1}>
                {
                  q = MatMul (x, k)
                  t = Transpose <perm = [0, 2, 1]> (x)
                  s = MatMul (q, t)
                  p = Softmax <axis = 2> (s)
                  o = MatMul (p, x)
                  n = LayerNormalization <axis = -1> (o, g4)
                  e = Erf (n)
                  y = Pow (e, g4)
                }
                """);
        texts.put("opset 7", """
                <ir_version: 3, opset_import: ["" : 7]>
                g (float[1,2,4,4] x, float[2] one, float[2] zero) => (float[1,2,8,8] y)
                <float[2] one = {1, 1}, float[2] zero = {0, 0}>
                {
                  n = BatchNormalization <epsilon = 0.001> (x, one, zero, zero, one)
                  d = Dropout <ratio = 0.5> (n)
                  y = Upsample <mode = "nearest", scales = [1.0, 1.0, 2.0, 2.0]> (d)
                }
                """);
        return Collections.unmodifiableMap(texts);
    }

    private static String zeros(int count) {
        return "0.5, ".repeat(count - 1) + "0.25";
    }
}
