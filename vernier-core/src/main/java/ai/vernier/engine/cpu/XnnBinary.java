package ai.vernier.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A function of two floats on XNNPACK, over arrays of one extent, which it remembers.
public final class XnnBinary implements AutoCloseable {
    private final MemorySegment operator;
    private final XnnRuntime runtime;
    private Threads threads = Threads.CALLER;
    private long elements;

    public XnnBinary(int function, XnnRuntime runtime) {
        this.runtime = runtime;
        MemorySegment none = MemorySegment.NULL;
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            XnnRuntime.check((int) Xnnpack.CREATE_BINARY.invokeExact(
                    function, Xnnpack.FLOAT, none, none, none, runtime.flags(), result));
            operator = result.get(ValueLayout.ADDRESS, 0);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// States the extent of the next runs and the threads that they may use.
    public void shape(long count, Threads given) {
        if (count == elements && given.equals(threads)) {
            return;
        }
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment extents = temporary.allocateFrom(ValueLayout.JAVA_LONG, count);
            XnnRuntime.check(
                    (int) Xnnpack.RESHAPE_BINARY.invokeExact(operator, 1L, extents, 1L, extents, given.pool()));
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
        elements = count;
        threads = given;
    }

    public void run(MemorySegment a, MemorySegment b, MemorySegment out) {
        try {
            XnnRuntime.check((int) Xnnpack.SETUP_BINARY.invokeExact(operator, a, b, out));
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
