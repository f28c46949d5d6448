package ai.vernier.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// y = x · Wᵀ + b on XNNPACK, weights and bias packed once.
///
/// Every result is summed in the order of the inputs, whatever the number of rows or threads.
public final class XnnLinear implements AutoCloseable {
    private final MemorySegment operator;
    private final XnnRuntime runtime;
    private final long inputs;
    private final long outputs;
    private Threads threads = Threads.CALLER;
    private long rows = -1;

    /// @param weight outputs × inputs, dense; not needed afterwards
    /// @param bias `[outputs]`
    public XnnLinear(Tensor weight, @Nullable Tensor bias, XnnRuntime runtime) {
        this.runtime = runtime;
        outputs = weight.size(0);
        inputs = weight.size(1);
        MemorySegment none = MemorySegment.NULL;
        MemorySegment offsets = bias == null ? none : XnnRuntime.address(bias);
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            XnnRuntime.check((int) Xnnpack.CREATE_LINEAR.invokeExact(
                    inputs,
                    outputs,
                    inputs,
                    outputs,
                    XnnRuntime.address(weight),
                    offsets,
                    Float.NEGATIVE_INFINITY,
                    Float.POSITIVE_INFINITY,
                    runtime.flags(),
                    none,
                    none,
                    result));
            operator = result.get(ValueLayout.ADDRESS, 0);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// Multiplies `count` rows, which lie densely behind each other in `x` and in `y`.
    public void run(MemorySegment x, MemorySegment y, long count) {
        try {
            if (count != rows) {
                rows = -1; // should the next call fail
                threads = runtime.threadsFor((double) count * inputs * outputs);
                XnnRuntime.check((int) Xnnpack.RESHAPE_LINEAR.invokeExact(operator, count, threads.pool()));
                rows = count;
            }
            XnnRuntime.check((int) Xnnpack.SETUP_LINEAR.invokeExact(operator, x, y));
            runtime.run(operator, threads);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    @Override
    public void close() {
        XnnRuntime.delete(operator);
    }
}
