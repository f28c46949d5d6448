package ai.vernier.engine.op;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Matrix products against ONNX Runtime, on one and two threads.
class MatrixOpsTest {
    @ParameterizedTest
    @CsvSource({"'1,7', 7, 5, 5", "'3,7', 7, 33, '1,33'", "'2,3,40', 40, 70, 70", "'200,64', 64, 64, 64"})
    void multipliesByConstants(String x, int inputs, int outputs, String bias) {
        String rows = x.substring(0, x.lastIndexOf(','));
        Differential.of(
                        13,
                        "(float[%s] x, float[%d,%d] w) => (float[%s,%3$d] y)".formatted(x, inputs, outputs, rows),
                        "y = MatMul (x, w)")
                .constant("w")
                .within(1e-4)
                .agrees();
        if (!rows.contains(",")) {
            Differential.of(
                            13,
                            "(float[%s] x, float[%d,%d] w, float[%s] b) => (float[%s,%3$d] y)"
                                    .formatted(x, outputs, inputs, bias, rows)
                                    .replace(rows + "," + inputs + "] y", rows + "," + outputs + "] y"),
                            "y = Gemm <transB = 1> (x, w, b)")
                    .constant("w", "b")
                    .within(1e-4)
                    .agrees();
        }
    }

    @Test
    void aBiasOfAnotherShapeIsAddedAfterwards() {
        for (String shape : new String[] {"1", "3,1", "3,5", "1,1"}) {
            for (String[] constants : new String[][] {{"w"}, {"w", "b"}}) {
                Differential.of(
                                13,
                                "(float[3,7] x, float[7,5] w, float[%s] b) => (float[3,5] y)".formatted(shape),
                                "y = Gemm (x, w, b)")
                        .constant(constants)
                        .agrees();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'2,3,5,7', '2,3,7,4', '2,3,5,4'",
        "'5,7', '7,4', '5,4'",
        "'600,7', '7,40', '600,40'",
        "'1,600,70', '1,70,40', '1,600,40'",
        "'2,1,5,7', '3,7,4', '2,3,5,4'",
        "'8,64,64', '8,64,64', '8,64,64'",
        "'7', '7,4', '4'"
    })
    void multipliesComputedMatrices(String a, String b, String y) {
        Differential.of(13, "(float[%s] a, float[%s] b) => (float[%s] y)".formatted(a, b, y), "y = MatMul (a, b)")
                .within(1e-4)
                .agrees();
    }

    @Test
    void readsTransposedAndSlicedMatricesWhereTheyLie() {
        Differential.of(
                        13,
                        "(float[2,9,3,8] a, float[2,9,3,8] b) => (float[2,3,9,9] y, float[2,3,8,8] z, float[2,3,9,4] u)",
                        """
                        q = Transpose <perm = [0, 2, 1, 3]> (a)
                        k = Transpose <perm = [0, 2, 3, 1]> (b)
                        y = MatMul (q, k)
                        t = Transpose <perm = [0, 2, 3, 1]> (a)
                        v = Transpose <perm = [0, 2, 1, 3]> (b)
                        z = MatMul (t, v)
                        from = Constant <value_ints = [2]> ()
                        to = Constant <value_ints = [6]> ()
                        last = Constant <value_ints = [3]> ()
                        some = Slice (k, from, to, last)
                        u = MatMul (q, some)
                        """)
                .within(1e-4)
                .agrees();
    }

    @Test
    void cutsATallTransposedMatrixWhereItLies() {
        Differential.of(
                        13,
                        "(float[2,40,600] a, float[2,40,9] b) => (float[2,600,9] y)",
                        "t = Transpose <perm = [0, 2, 1]> (a)\n y = MatMul (t, b)")
                .within(1e-4)
                .agrees();
    }
}
