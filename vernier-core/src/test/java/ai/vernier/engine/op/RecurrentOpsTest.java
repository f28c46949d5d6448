package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Layers of 5 steps, 3 sequences, 4 inputs and 6 hidden elements against ONNX Runtime.
class RecurrentOpsTest {
    private static final TensorData LENGTHS = TensorData.ofIntegers(DataType.INT32, new long[] {5, 2, 3}, 3);

    @ParameterizedTest
    @CsvSource({"RNN,1", "GRU,3", "LSTM,4"})
    void runsInEveryDirectionWithLengths(String type, int gates) {
        for (String direction : new String[] {"forward", "reverse", "bidirectional"}) {
            int d = direction.equals("bidirectional") ? 2 : 1;
            layer(type, gates, d, "direction = \"%s\", hidden_size = 6".formatted(direction), "lengths")
                    .with("lengths", LENGTHS)
                    .agrees();
            layer(type, gates, d, "direction = \"%s\", hidden_size = 6".formatted(direction), "")
                    .agrees();
        }
    }

    @ParameterizedTest
    @CsvSource({"RNN,1", "GRU,3", "LSTM,4"})
    void clipsBeforeTheActivations(String type, int gates) {
        layer(type, gates, 1, "clip = 0.4, hidden_size = 6", "").agrees();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void gruResetsBeforeOrAfterTheRecurrentProduct(int after) {
        layer("GRU", 3, 2, "direction = \"bidirectional\", hidden_size = 6, linear_before_reset = " + after, "")
                .agrees();
    }

    @Test
    void takesActivationsWithTheirParametersInTurn() {
        String lists =
                "hidden_size = 6, direction = \"bidirectional\", activations = [\"HardSigmoid\", \"ScaledTanh\", "
                        + "\"HardSigmoid\", \"Elu\"], activation_alpha = [0.3, 0.8, 0.1, 0.7], "
                        + "activation_beta = [0.4, 0.6, 0.5]";
        layer("GRU", 3, 2, lists, "").agrees();
        layer("RNN", 1, 1, "hidden_size = 6, activations = [\"Softsign\"]", "").agrees();
        layer("RNN", 1, 1, "hidden_size = 6, activations = [\"Relu\"]", "").agrees();
    }

    @Test
    void lstmLooksAtItsCells() {
        Differential.of(
                        14,
                        "(float[5,3,4] x, float[1,24,4] w, float[1,24,6] r, float[1,48] b, float[1,3,6] h, float[1,3,6] c,"
                                + " float[1,18] p) => (float[5,1,3,6] y, float[1,3,6] yh, float[1,3,6] yc)",
                        "y, yh, yc = LSTM <hidden_size = 6> (x, w, r, b, \"\", h, c, p)")
                .agrees();
    }

    @Test
    void lstmMayCoupleItsForgetGate() {
        layer("LSTM", 4, 1, "hidden_size = 6, input_forget = 1", "").agrees();
    }

    @ParameterizedTest
    @CsvSource({"GRU,3,5,1", "GRU,3,5,3", "GRU,3,1,2", "LSTM,4,5,1", "LSTM,4,5,3", "LSTM,4,1,2"})
    void constantWeightsGiveTheSameInEveryDirection(String type, int gates, int steps, int batch) {
        for (String direction : new String[] {"forward", "reverse", "bidirectional"}) {
            int d = direction.equals("bidirectional") ? 2 : 1;
            boolean cells = type.equals("LSTM");
            String weights = "float[%1$d,%2$d,4] w, float[%1$d,%2$d,6] r, float[%1$d,%3$d] b"
                    .formatted(d, gates * 6, gates * 12);
            String state = "float[%d,%d,6] ".formatted(d, batch);
            String states = cells ? "%sh, %1$sc".formatted(state) : state + "h";
            String results = cells ? "%syh, %1$syc".formatted(state) : state + "yh";
            Differential.of(
                            14,
                            "(float[%d,%d,4] x, %s, %s) => (float[%1$d,%d,%2$d,6] y, %s)"
                                    .formatted(steps, batch, weights, states, d, results),
                            "y, yh%s = %s <direction = \"%s\", hidden_size = 6%s> (x, w, r, b, \"\", h%s)"
                                    .formatted(
                                            cells ? ", yc" : "",
                                            type,
                                            direction,
                                            cells ? "" : ", linear_before_reset = 1",
                                            cells ? ", c" : ""))
                    .constant("w", "r", "b")
                    .agrees();
        }
    }

    @ParameterizedTest
    @CsvSource({"GRU,3,1", "LSTM,4,0"})
    void constantWeightsNeedNeitherBiasNorStates(String type, int gates, int late) {
        String option = late == 1 ? ", linear_before_reset = 1" : "";
        Differential.of(
                        14,
                        "(float[5,3,4] x, float[2,%d,4] w, float[2,%1$d,6] r) => (float[5,2,3,6] y)"
                                .formatted(gates * 6),
                        "y = %s <direction = \"bidirectional\", hidden_size = 6%s> (x, w, r)".formatted(type, option))
                .constant("w", "r")
                .agrees();
    }

    @Test
    void aLongWideLayerSharesItsDirectionsAndStaysExact() {
        Differential.of(
                        14,
                        "(float[40,2,64] x, float[2,512,64] w, float[2,512,128] r, float[2,1024] b)"
                                + " => (float[40,2,2,128] y)",
                        "y = LSTM <direction = \"bidirectional\", hidden_size = 128> (x, w, r, b)")
                .with("w", weak(1, 2, 512, 64))
                .with("r", weak(2, 2, 512, 128)) // strong ones would blow up every difference from step to step
                .constant("w", "r", "b")
                .agrees();
    }

    private static TensorData weak(int seed, long... dims) {
        float[] values = Differential.random(seed, dims).toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] *= 0.05f;
        }
        return TensorData.ofFloats(values, dims);
    }

    private static Differential layer(String type, int gates, int directions, String attributes, String lengths) {
        String shapes = "float[5,3,4] x, float[%1$d,%2$d,4] w, float[%1$d,%2$d,6] r, float[%1$d,%3$d] b"
                .formatted(directions, gates * 6, gates * 12);
        String more = lengths.isEmpty() ? "" : ", int32[3] lengths";
        String state = ", float[%d,3,6] h".formatted(directions);
        String out = "float[5,%1$d,3,6] y, float[%1$d,3,6] yh".formatted(directions);
        String third = lengths.isEmpty() ? "\"\"" : "lengths";
        return Differential.of(
                14,
                "(%s%s%s) => (%s)".formatted(shapes, more, state, out),
                "y, yh = %s <%s> (x, w, r, b, %s, h)".formatted(type, attributes, third));
    }
}
