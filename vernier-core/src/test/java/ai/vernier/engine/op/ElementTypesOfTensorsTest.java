package ai.vernier.engine.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.SmallFloat;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxText;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ElementTypesOfTensorsTest {
    private static final BigInteger TWO_TO_64 = BigInteger.ONE.shiftLeft(64);

    @ParameterizedTest
    @EnumSource(
            names = {"STRING", "COMPLEX64", "COMPLEX128"},
            mode = EnumSource.Mode.EXCLUDE)
    void whatGoesInComesOut(DataType type) {
        byte[] bytes = new byte[(int) type.sizeBytes(16)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (type == DataType.BOOL ? i % 2 : 29 * i + 1);
        }
        TensorData data = TensorData.ofBytes(type, MemorySegment.ofArray(bytes), 2, 8);
        try (PointerScope _ = new PointerScope()) {
            Tensor tensor = HostTransfer.toTensor(data);
            assertThat(HostTransfer.toHost(tensor, type)).isEqualTo(data);
        }
    }

    @Test
    void smallFloatsRoundHalfToEven() {
        // E4M3 has 3 mantissa bits: steps of 1/8 from 1 on; the largest value is 448, the smallest step 2^-9.
        assertThat(rounded(SmallFloat.E4M3FN, false, 1.0625f, 1.1875f, 1e-4f, 448, 464, 465))
                .containsExactly(1, 1.25f, 0, 448, 448, Float.NaN);
        assertThat(rounded(SmallFloat.E4M3FN, true, 1e9f, Float.NEGATIVE_INFINITY, Float.NaN))
                .containsExactly(448, -448, Float.NaN);
        assertThat(rounded(SmallFloat.E5M2, false, 1.125f, 1.375f, 61440, -1e9f))
                .containsExactly(1, 1.5f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        assertThat(rounded(SmallFloat.E2M1, false, 0.25f, 0.75f, 2.5f, 5, 100)).containsExactly(0, 1, 2, 4, 6);
    }

    private static float[] rounded(SmallFloat format, boolean saturate, float... values) {
        try (PointerScope _ = new PointerScope()) {
            return HostTransfer.floats(format.round(HostTransfer.ofFloats(values, values.length), saturate));
        }
    }

    @Test
    void powersOfTwoRoundAsAsked() {
        assertThat(powers("up", 1, 1.01f, 1.5f, 0)).containsExactly(1, 2, 2, 0x1p-127f);
        assertThat(powers("down", 1, 1.99f, 3)).containsExactly(1, 1, 2);
        assertThat(powers("nearest", 1.49f, 1.5f, 3.1f)).containsExactly(1, 2, 4);
    }

    private static float[] powers(String mode, float... values) {
        try (PointerScope _ = new PointerScope()) {
            Tensor x = HostTransfer.ofFloats(values, values.length);
            return HostTransfer.floats(SmallFloat.roundToPowerOfTwo(x, mode, true));
        }
    }

    @Test
    void aValueThatTheTypeLacksIsRefused() {
        assertThatThrownBy(() -> SmallFloat.E2M1.encode(new float[] {0.3f}, 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("0.3");
    }

    @Test
    void narrowIntegersWrapAround() {
        assertThat(wrapped(DataType.INT4, -9, -8, 7, 8)).containsExactly(7, -8, 7, -8);
        assertThat(wrapped(DataType.UINT2, -1, 3, 4)).containsExactly(3, 3, 0);
        assertThat(wrapped(DataType.UINT16, -1, 65536, 65535)).containsExactly(65535, 0, 65535);
        assertThat(wrapped(DataType.UINT32, -1, 1L << 32)).containsExactly(0xFFFF_FFFFL, 0);
    }

    private static long[] wrapped(DataType type, long... values) {
        try (PointerScope _ = new PointerScope()) {
            return HostTransfer.longs(NarrowIntegers.wrapped(HostTransfer.ofLongs(values, values.length), type));
        }
    }

    @Test
    void unsigned64DividesAndConvertsLikeBigIntegers() {
        Random random = new Random(11);
        long[] x = random.longs(500).toArray();
        long[] y = random.longs(500)
                .map(value -> value >>> (value & 63))
                .map(value -> value == 0 ? 1 : value)
                .toArray();
        try (PointerScope _ = new PointerScope()) {
            Tensor dividend = HostTransfer.ofLongs(x, x.length);
            Tensor divisor = HostTransfer.ofLongs(y, y.length);
            long[] quotients = HostTransfer.longs(Unsigned64.quotient(dividend, divisor));
            float[] reals = HostTransfer.floats(Unsigned64.toReal(dividend, ScalarType.Float));
            long[] back = HostTransfer.longs(Unsigned64.ofReal(Unsigned64.toReal(dividend, ScalarType.Float)));
            for (int i = 0; i < x.length; i++) {
                assertThat(quotients[i]).isEqualTo(Long.divideUnsigned(x[i], y[i]));
                assertThat(reals[i]).isEqualTo(unsigned(x[i]).floatValue());
                assertThat(unsigned(back[i]).floatValue()).isEqualTo(reals[i]);
            }
        }
    }

    /// Values of this type do not cross ONNX Runtime's border, but casts to signed ones keep their bits.
    @ParameterizedTest
    @CsvSource({"5, -9223372036854775807", "-9223372036854775808, -1"})
    void unsigned64IsClippedInItsOwnOrder(long low, long high) {
        Differential.of(
                        17,
                        "(int64[5] x, int64 low, int64 high) => (int64[5] y, int64[5] z)",
                        "u = Cast <to = 13> (x) l = Cast <to = 13> (low) h = Cast <to = 13> (high)"
                                + " c = Clip (u, l, h) y = Cast <to = 7> (c) d = Clip (u, l) z = Cast <to = 7> (d)")
                .with("x", TensorData.ofLongs(new long[] {0, 7, Long.MAX_VALUE, Long.MIN_VALUE, -1}, 5))
                .with("low", TensorData.ofLongs(new long[] {low}))
                .with("high", TensorData.ofLongs(new long[] {high}))
                .within(0)
                .agrees();
    }

    private static TensorData unsigned(long... values) {
        return TensorData.ofBytes(DataType.UINT64, bytes(values), values.length);
    }

    private static MemorySegment bytes(long... values) {
        return TensorData.ofLongs(values, values.length).bytes();
    }

    /// ONNX Runtime has no reductions of this type.
    @ParameterizedTest
    @CsvSource({
        "ReduceMean, -9223372036854775808, 4611686018427387904, 6917529027641081856",
        "ReduceMean, 3, 8, 5",
        "ReduceL1, -2, 1, -1",
        "ReduceL2, 3, 4, 5",
        "ReduceMax, 3, -4, -4"
    })
    void unsigned64IsReducedAsItIs(String operator, long first, long second, long expected) {
        Model model = OnnxText.parse("<ir_version: 8, opset_import: [\"\" : 18]> g (uint64[2] x) => (uint64[1] y)"
                + " { y = %s (x) }".formatted(operator));
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1))) {
            TensorData y = executor.run(Map.of("x", unsigned(first, second))).get("y");
            assertThat(Objects.requireNonNull(y).toLongs()).containsExactly(expected);
        }
    }

    @Test
    void integersHaveNoMean() {
        Model model = OnnxText.parse(
                "<ir_version: 8, opset_import: [\"\" : 18]> g (uint64[2] x) => (uint64[2] y)" + " { y = Mean (x, x) }");
        assertThatThrownBy(() -> {
                    try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1))) {
                        executor.run(Map.of("x", unsigned(1, 2)));
                    }
                })
                .isInstanceOf(UnsupportedModelException.class);
    }

    private static BigInteger unsigned(long value) {
        BigInteger signed = BigInteger.valueOf(value);
        return value < 0 ? signed.add(TWO_TO_64) : signed;
    }
}
