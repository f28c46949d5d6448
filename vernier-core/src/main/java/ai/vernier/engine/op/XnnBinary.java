package ai.vernier.engine.op;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A function of two floats on XNNPACK, over arrays of one extent, which it remembers.
final class XnnBinary implements AutoCloseable {
    private final MemorySegment operator;
    private final XnnRuntime runtime;
    private MemorySegment pool = MemorySegment.NULL;
    private long elements;

    XnnBinary(int function, XnnRuntime runtime) {
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

    /// States the extent of the next runs and the threads that they may use: a pool, or null for the caller's alone.
    void shape(long count, MemorySegment threads) {
        if (count == elements && threads.equals(pool)) {
            return;
        }
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment extents = temporary.allocateFrom(ValueLayout.JAVA_LONG, count);
            XnnRuntime.check((int) Xnnpack.RESHAPE_BINARY.invokeExact(operator, 1L, extents, 1L, extents, threads));
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
        elements = count;
        pool = threads;
    }

    void run(MemorySegment a, MemorySegment b, MemorySegment out) {
        try {
            XnnRuntime.check((int) Xnnpack.SETUP_BINARY.invokeExact(operator, a, b, out));
            runtime.run(operator, pool);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    @Override
    public void close() {
        XnnRuntime.delete(operator);
    }
}
