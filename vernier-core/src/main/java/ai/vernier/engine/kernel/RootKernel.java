package ai.vernier.engine.kernel;

import ai.vernier.engine.tensor.Kernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Square roots of small tensors, correctly rounded. XNNPACK's are half as large again near the end of the
/// range, and of ∞ no number.
///
/// @param power whether it stands for x to the power of ½, which of −∞ is ∞ and of −0 is 0
public record RootKernel(MemorySegment x, MemorySegment y, boolean power) implements Kernel {
    /// Beyond, LibTorch's vector loops are worth their call.
    static final long MAX_ELEMENTS = 1 << 12;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    static RootKernel of(long x, long y, int elements, boolean power) {
        return new RootKernel(ReductionKernels.segment(x, elements), ReductionKernels.segment(y, elements), power);
    }

    @Override
    public void run() {
        for (long at = 0; at < x.byteSize(); at += Float.BYTES) {
            float value = x.get(FLOAT, at);
            y.set(FLOAT, at, power ? toTheHalf(value) : (float) Math.sqrt(value));
        }
    }

    private static float toTheHalf(float value) {
        return value == Float.NEGATIVE_INFINITY ? Float.POSITIVE_INFINITY : (float) Math.sqrt(value) + 0f;
    }
}
