package ai.vernier.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// XNNPACK's thread pool and the element-wise operators that go with it, for one program at a time.
///
/// The pool's threads spin between operators, a few microseconds apart, and [#rest] puts them to sleep. Beside other
/// threads that want the cores they must sleep after each operator, or both slow each other down tenfold.
public final class XnnRuntime implements AutoCloseable {
    /// Elements that are worked on at once, so that the second of two functions finds them in the cache.
    private static final int CHUNK = 1 << 15;

    /// Multiply-accumulates, some 5 µs, from which on handing a part of them to a thread that spins pays. Where the
    /// thread comes late, [ThreadChoice] leaves it alone.
    private static final double WORTH_SHARING = 1 << 18;

    /// Multiply-accumulates that take as long as an element of an element-wise function.
    private static final double PER_ELEMENT = 32;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment pool;
    private final int flags;
    private final MemorySegment scratch = arena.allocate(4L * CHUNK + 64, 64);
    private final @Nullable XnnUnary sigmoid;
    private final @Nullable XnnBinary product;
    private @Nullable MemorySegment taskFunction;
    private volatile SharedTasks shared = new SharedTasks(_ -> {});
    private final ThreadChoice choice = new ThreadChoice();
    private boolean awake;
    private double shareable;
    private long nanos;

    private XnnRuntime(int threads, boolean yielding) {
        boolean available = available();
        pool = available && threads > 1 ? createPool(threads) : MemorySegment.NULL;
        flags = yielding ? Xnnpack.OPERATOR_YIELDS : 0;
        sigmoid = available ? new XnnUnary(Xnnpack.SIGMOID, this) : null;
        product = available ? new XnnBinary(Xnnpack.MULTIPLY, this) : null;
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

    /// Ends a run of the program: sends the threads to sleep until the next one, and decides whether that wakes them.
    public void rest() {
        long start = System.nanoTime();
        putToSleep();
        if (shareable > 0) {
            choice.took((nanos + System.nanoTime() - start) / shareable);
        }
        shareable = 0;
        nanos = 0;
    }

    private void putToSleep() {
        if (!awake || flags == Xnnpack.OPERATOR_YIELDS) {
            return;
        }
        awake = false;
        try {
            Xnnpack.LOOP.invokeExact(pool, Xnnpack.IDLE, pool, 2L, Xnnpack.LOOP_YIELDS);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /// The threads for `work` multiply-accumulates: the pool where they are worth sharing.
    public Threads threadsFor(double work) {
        return work < WORTH_SHARING || pool.address() == 0 ? Threads.CALLER : new Threads(pool, work);
    }

    public int flags() {
        return flags;
    }

    /// The threads for an element-wise function.
    public Threads threadsForElements(long elements) {
        return threadsFor(PER_ELEMENT * elements);
    }

    /// x ← x · σ(x)
    public void swish(MemorySegment x, long elements) {
        XnnUnary gate = present(sigmoid);
        XnnBinary times = present(product);
        for (long from = 0; from < elements; from += CHUNK) {
            long count = Math.min(CHUNK, elements - from);
            MemorySegment part = MemorySegment.ofAddress(x.address() + 4 * from);
            gate.shape(XnnUnary.Rows.one(count), threadsForElements(count));
            gate.run(part, scratch);
            times.shape(count, threadsForElements(count));
            times.run(part, scratch, part);
        }
    }

    /// Calls `body` once for each of `tasks` numbers from 0, on all threads where `work` multiply-accumulates in all
    /// are worth it. The body may call C and touch its own memory, but nothing of LibTorch's, which keeps
    /// settings per thread.
    public void share(int tasks, double work, IntConsumer body) {
        Threads threads = tasks < 2 ? Threads.CALLER : threadsFor(work);
        long start = threads.isShared() ? System.nanoTime() : 0;
        if (threads.isShared() && choice.isTogether()) {
            together(tasks, body);
        } else {
            for (int i = 0; i < tasks; i++) {
                body.accept(i);
            }
        }
        note(threads, start);
    }

    private void together(int tasks, IntConsumer body) {
        awake = true;
        SharedTasks shares = new SharedTasks(body);
        shared = shares;
        try {
            int loopFlags = flags == Xnnpack.OPERATOR_YIELDS ? Xnnpack.LOOP_YIELDS : 0;
            Xnnpack.LOOP.invokeExact(pool, taskFunction(), MemorySegment.NULL, (long) tasks, loopFlags);
        } catch (Throwable e) {
            throw failed(e);
        }
        shares.complain();
    }

    private MemorySegment taskFunction() {
        MemorySegment known = taskFunction;
        if (known == null) {
            known = Xnnpack.loopBody((_, task) -> shared.run((int) task), arena);
            taskFunction = known;
        }
        return known;
    }

    /// Runs `operator` on the threads that it has been shaped for, or on the caller's alone while that is faster.
    /// The results are the same bits: shaping has cut the work into parts already.
    public void run(MemorySegment operator, Threads threads) throws Throwable {
        if (!threads.isShared()) {
            check((int) Xnnpack.RUN.invokeExact(operator, MemorySegment.NULL));
            return;
        }
        long start = System.nanoTime();
        boolean together = choice.isTogether();
        awake |= together;
        MemorySegment used = together ? threads.pool() : MemorySegment.NULL;
        check((int) Xnnpack.RUN.invokeExact(operator, used));
        note(threads, start);
    }

    private void note(Threads threads, long start) {
        if (threads.isShared()) {
            shareable += threads.work();
            nanos += System.nanoTime() - start;
        }
    }

    public static void close(@Nullable AutoCloseable operator) {
        try {
            if (operator != null) {
                operator.close();
            }
        } catch (Exception e) {
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

    private static <T> T present(@Nullable T operator) {
        if (operator == null) {
            throw new IllegalStateException("XNNPACK is not there");
        }
        return operator;
    }

    /// Complains about a status other than success.
    public static void check(int status) {
        if (status != 0) {
            throw new IllegalStateException("XNNPACK answers with status " + status);
        }
    }

    public static MemorySegment address(Tensor tensor) {
        return MemorySegment.ofAddress(tensor.data_ptr().address());
    }

    public static IllegalStateException failed(Throwable cause) {
        return cause instanceof IllegalStateException known ? known : new IllegalStateException("XNNPACK fails", cause);
    }

    public static void delete(@Nullable MemorySegment operator) {
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
        for (AutoCloseable operator : new @Nullable AutoCloseable[] {sigmoid, product}) {
            close(operator);
        }
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
