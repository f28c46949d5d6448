package ai.vernier.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A function of one float on XNNPACK, over rows that need not lie close together. It remembers the extents that it has
/// last been told.
public final class XnnUnary implements AutoCloseable {
    private final MemorySegment operator;
    private final XnnRuntime runtime;
    private Threads threads = Threads.CALLER;
    private Rows shape = new Rows(0, 0, 0, 0);

    /// `count` rows of `width` floats; from one row to the next it is `from` floats in the input, `to` in the output.
    public record Rows(long count, long width, long from, long to) {
        public static Rows one(long width) {
            return new Rows(1, width, width, width);
        }
    }

    /// @param parameters up to two numbers: bounds, or a slope
    public XnnUnary(int function, XnnRuntime runtime, float... parameters) {
        this.runtime = runtime;
        MemorySegment none = MemorySegment.NULL;
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment numbers = temporary.allocate(64, 16);
            MemorySegment.copy(parameters, 0, numbers, ValueLayout.JAVA_FLOAT, 0, parameters.length);
            MemorySegment given = parameters.length == 0 ? none : numbers;
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            XnnRuntime.check((int) Xnnpack.CREATE_UNARY.invokeExact(
                    function, Xnnpack.FLOAT, Xnnpack.FLOAT, given, none, none, runtime.flags(), result));
            operator = result.get(ValueLayout.ADDRESS, 0);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// States the extents of the next runs and the threads that they may use.
    public void shape(Rows rows, Threads given) {
        if (rows.equals(shape) && given.equals(threads)) {
            return;
        }
        try {
            XnnRuntime.check((int) Xnnpack.RESHAPE_UNARY.invokeExact(
                    operator, rows.count, rows.width, rows.from, rows.to, given.pool()));
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
        shape = rows;
        threads = given;
    }

    public void run(MemorySegment in, MemorySegment out) {
        try {
            XnnRuntime.check((int) Xnnpack.SETUP_UNARY.invokeExact(operator, in, out));
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
