package ai.vernier.engine.op;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Context;
import org.jspecify.annotations.Nullable;

/// XNNPACK's thread pool and the element-wise operators that go with it, for one program at a time.
///
/// The pool's threads spin between operators, a few microseconds apart, and [#rest] puts them to sleep. Beside other
/// threads that want the cores they must sleep after each operator, or both slow each other down tenfold.
public final class XnnRuntime implements AutoCloseable {
    /// Elements that are worked on at once, so that the second of two functions finds them in the cache.
    private static final int CHUNK = 1 << 15;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment pool;
    private final int flags;
    private final MemorySegment extents = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment scratch = arena.allocate(4L * CHUNK + 64, 64);
    private final @Nullable MemorySegment sigmoid;
    private final @Nullable MemorySegment product;
    private final @Nullable MemorySegment sum;

    private XnnRuntime(int threads, boolean yielding) {
        boolean available = available();
        pool = available && threads > 1 ? createPool(threads) : MemorySegment.NULL;
        flags = yielding ? Xnnpack.OPERATOR_YIELDS : 0;
        sigmoid = available ? unary(Xnnpack.SIGMOID, MemorySegment.NULL) : null;
        product = available ? binary(Xnnpack.MULTIPLY) : null;
        sum = available ? binary(Xnnpack.ADD) : null;
    }

    /// Starts the threads.
    ///
    /// @param yielding whether they sleep after every operator because others want the cores
    public static XnnRuntime of(int threads, boolean yielding) {
        return new XnnRuntime(threads, yielding);
    }

    /// Whether XNNPACK is there, in the version whose functions were read and tried: it promises no stable interface.
    public static boolean available() {
        return Availability.AVAILABLE;
    }

    /// Sends the threads to sleep until the next operator.
    public void rest() {
        if (pool.address() == 0 || flags == Xnnpack.OPERATOR_YIELDS) {
            return;
        }
        try {
            Xnnpack.LOOP.invokeExact(pool, Xnnpack.IDLE, pool, 2L, Xnnpack.LOOP_YIELDS);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    MemorySegment pool() {
        return pool;
    }

    int flags() {
        return flags;
    }

    /// x ← x · σ(x)
    void swish(MemorySegment x, long elements) {
        try {
            for (long from = 0; from < elements; from += CHUNK) {
                long count = Math.min(CHUNK, elements - from);
                MemorySegment part = MemorySegment.ofAddress(x.address() + 4 * from);
                unary(sigmoid, part, scratch, count);
                binary(product, part, scratch, part, count);
            }
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /// x ← x + y
    void add(MemorySegment x, MemorySegment y, long elements) {
        try {
            binary(sum, x, y, x, elements);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    void run(MemorySegment operator) throws Throwable {
        check((int) Xnnpack.RUN.invokeExact(operator, pool));
    }

    private void unary(@Nullable MemorySegment operator, MemorySegment in, MemorySegment out, long count)
            throws Throwable {
        MemorySegment known = present(operator);
        check((int) Xnnpack.RESHAPE_UNARY.invokeExact(known, count, 1L, 1L, 1L, pool));
        check((int) Xnnpack.SETUP_UNARY.invokeExact(known, in, out));
        run(known);
    }

    private void binary(
            @Nullable MemorySegment operator, MemorySegment a, MemorySegment b, MemorySegment out, long count)
            throws Throwable {
        MemorySegment known = present(operator);
        extents.set(ValueLayout.JAVA_LONG, 0, count);
        check((int) Xnnpack.RESHAPE_BINARY.invokeExact(known, 1L, extents, 1L, extents, pool));
        check((int) Xnnpack.SETUP_BINARY.invokeExact(known, a, b, out));
        run(known);
    }

    private MemorySegment unary(int function, MemorySegment parameters) {
        MemorySegment none = MemorySegment.NULL;
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            check((int) Xnnpack.CREATE_UNARY.invokeExact(
                    function, Xnnpack.FLOAT, Xnnpack.FLOAT, parameters, none, none, flags, result));
            return result.get(ValueLayout.ADDRESS, 0);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private MemorySegment binary(int function) {
        MemorySegment none = MemorySegment.NULL;
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            check((int) Xnnpack.CREATE_BINARY.invokeExact(function, Xnnpack.FLOAT, none, none, none, flags, result));
            return result.get(ValueLayout.ADDRESS, 0);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static MemorySegment createPool(int threads) {
        try {
            return (MemorySegment) Xnnpack.CREATE_POOL.invokeExact((long) threads);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static MemorySegment present(@Nullable MemorySegment operator) {
        if (operator == null) {
            throw new IllegalStateException("XNNPACK is not there");
        }
        return operator;
    }

    /// Complains about a status other than success.
    static void check(int status) {
        if (status != 0) {
            throw new IllegalStateException("XNNPACK answers with status " + status);
        }
    }

    static IllegalStateException failed(Throwable cause) {
        return cause instanceof IllegalStateException known ? known : new IllegalStateException("XNNPACK fails", cause);
    }

    static void delete(@Nullable MemorySegment operator) {
        if (operator == null) {
            return;
        }
        try {
            check((int) Xnnpack.DELETE.invokeExact(operator));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void close() {
        delete(sigmoid);
        delete(product);
        delete(sum);
        try {
            if (pool.address() != 0) {
                Xnnpack.DESTROY_POOL.invokeExact(pool);
            }
        } catch (Throwable e) {
            throw failed(e);
        }
        arena.close();
    }

    private static final class Availability {
        private static final String CHECKED_LIBTORCH = "2.10.0-";
        static final boolean AVAILABLE = probe();

        private static boolean probe() {
            try {
                String version = Loader.getVersion("org.bytedeco", "pytorch");
                return version != null
                        && version.startsWith(CHECKED_LIBTORCH)
                        && Loader.getPlatform().equals("linux-x86_64")
                        && Context.isXNNPACKAvailable()
                        && (int) Xnnpack.INITIALIZE.invokeExact(MemorySegment.NULL) == 0;
            } catch (Throwable e) {
                throw new IllegalStateException("XNNPACK fails to start", e);
            }
        }
    }
}
