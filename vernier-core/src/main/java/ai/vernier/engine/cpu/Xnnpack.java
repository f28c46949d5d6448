package ai.vernier.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The functions of the XNNPACK inside LibTorch, called directly: an operator packs its weights and learns its shapes
/// once, and a run is then two C calls instead of a walk through LibTorch's dispatcher.
/// [XnnRuntime#available] says whether this class may be touched.
@SuppressWarnings("restricted") // calling C is the point
public final class Xnnpack {
    public static final int FLOAT = 1;
    public static final int CLAMP = 1;
    public static final int ABSOLUTE = 2;
    public static final int EXPONENTIAL = 6;
    public static final int HARD_SWISH = 9;
    public static final int LEAKY_RELU = 10;
    public static final int SIGMOID = 13;
    public static final int TANH = 17;
    public static final int ADD = 0;
    public static final int SUBTRACT = 1;
    public static final int MULTIPLY = 2;
    public static final int DIVIDE = 3;
    public static final int PRELU = 8;

    /// Flag of an operator and of a pool's loop: afterwards the threads sleep instead of spinning for more work.
    static final int OPERATOR_YIELDS = 1 << 4;
    static final int LOOP_YIELDS = 1 << 1;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat REAL = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;
    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    /// Pads (top, right, bottom, left), kernel, strides, dilations, groups; channels of a group, steps between pixels;
    /// weight, bias, bounds; flags, two caches, result.
    public static final MethodHandle CREATE_CONVOLUTION = status(
            "xnn_create_convolution2d_nhwc_f32", arguments(11, INT, 4, SIZE, 2, POINTER, 2, REAL, 1, INT, 3, POINTER));

    /// Operator; batch, height, width; where the workspace's size and alignment and the output's extents go; pool.
    public static final MethodHandle RESHAPE_CONVOLUTION =
            status("xnn_reshape_convolution2d_nhwc_f32", arguments(1, POINTER, 3, SIZE, 5, POINTER));

    /// Operator, workspace, input, output.
    public static final MethodHandle SETUP_CONVOLUTION =
            status("xnn_setup_convolution2d_nhwc_f32", arguments(4, POINTER));

    /// Inputs, outputs, steps between rows of both; weight, bias, bounds; flags, two caches, result.
    static final MethodHandle CREATE_LINEAR =
            status("xnn_create_fully_connected_nc_f32", arguments(4, SIZE, 2, POINTER, 2, REAL, 1, INT, 3, POINTER));

    /// Operator, rows, pool.
    static final MethodHandle RESHAPE_LINEAR =
            status("xnn_reshape_fully_connected_nc_f32", arguments(1, POINTER, 1, SIZE, 1, POINTER));

    /// Operator, input, output.
    static final MethodHandle SETUP_LINEAR = status("xnn_setup_fully_connected_nc_f32", arguments(3, POINTER));

    /// Function, types of input and output, its parameters, quantization of input and output, flags, result.
    public static final MethodHandle CREATE_UNARY =
            status("xnn_create_unary_elementwise_nc", arguments(3, INT, 3, POINTER, 1, INT, 1, POINTER));

    /// Operator; batch, channels, steps of input and output; pool.
    public static final MethodHandle RESHAPE_UNARY =
            status("xnn_reshape_unary_elementwise_nc", arguments(1, POINTER, 4, SIZE, 1, POINTER));

    /// Operator, input, output.
    public static final MethodHandle SETUP_UNARY = status("xnn_setup_unary_elementwise_nc", arguments(3, POINTER));

    /// Function, type, quantization of both inputs and the output, flags, result.
    public static final MethodHandle CREATE_BINARY =
            status("xnn_create_binary_elementwise_nd", arguments(2, INT, 3, POINTER, 1, INT, 1, POINTER));

    /// Operator; rank and extents of either input; pool.
    public static final MethodHandle RESHAPE_BINARY = status(
            "xnn_reshape_binary_elementwise_nd", arguments(1, POINTER, 1, SIZE, 1, POINTER, 1, SIZE, 2, POINTER));

    /// Operator, inputs, output.
    public static final MethodHandle SETUP_BINARY = status("xnn_setup_binary_elementwise_nd", arguments(4, POINTER));

    /// Pads (top, right, bottom, left), window, strides, dilations; bounds; flags, result.
    public static final MethodHandle CREATE_MAX_POOLING =
            status("xnn_create_max_pooling2d_nhwc_f32", arguments(10, INT, 2, REAL, 1, INT, 1, POINTER));

    /// Operator; batch, height, width, channels, steps between pixels; where the output's extents go; pool.
    public static final MethodHandle RESHAPE_MAX_POOLING =
            status("xnn_reshape_max_pooling2d_nhwc_f32", arguments(1, POINTER, 6, SIZE, 3, POINTER));

    /// Operator, input, output.
    public static final MethodHandle SETUP_MAX_POOLING =
            status("xnn_setup_max_pooling2d_nhwc_f32", arguments(3, POINTER));

    /// Operator, pool.
    static final MethodHandle RUN = status("xnn_run_operator", arguments(2, POINTER));

    /// Allocator or null.
    static final MethodHandle INITIALIZE = status("xnn_initialize", arguments(1, POINTER));

    static final MethodHandle DELETE = status("xnn_delete_operator", arguments(1, POINTER));

    static final MethodHandle CREATE_POOL = bound("pthreadpool_create", FunctionDescriptor.of(POINTER, SIZE));

    static final MethodHandle DESTROY_POOL = bound("pthreadpool_destroy", FunctionDescriptor.ofVoid(POINTER));

    /// Pool, function, its argument, number of calls, flags.
    static final MethodHandle LOOP =
            bound("pthreadpool_parallelize_1d", FunctionDescriptor.ofVoid(POINTER, POINTER, POINTER, SIZE, INT));

    /// A function for [#LOOP] without effect: it counts the threads of its argument, a pool.
    static final MemorySegment IDLE = symbol("pthreadpool_get_threads_count");

    /// What [#LOOP] can call, on any thread of the pool.
    @FunctionalInterface
    interface LoopBody {
        /// Does one of the loop's calls.
        ///
        /// @param argument what the loop was given for its function
        void run(MemorySegment argument, long index);
    }

    private Xnnpack() {}

    /// `body` as a C function, as long as `arena` lives. It must not throw: above it is C.
    static MemorySegment loopBody(LoopBody body, Arena arena) {
        try {
            MethodHandle call = MethodHandles.lookup()
                    .findVirtual(
                            LoopBody.class, "run", MethodType.methodType(void.class, MemorySegment.class, long.class))
                    .bindTo(body);
            return Linker.nativeLinker().upcallStub(call, FunctionDescriptor.ofVoid(POINTER, SIZE), arena);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("an interface of this class is not accessible", e);
        }
    }

    private static MethodHandle status(String name, MemoryLayout[] arguments) {
        return bound(name, FunctionDescriptor.of(INT, arguments));
    }

    private static MethodHandle bound(String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(symbol(name), type);
    }

    private static MemorySegment symbol(String name) {
        return SymbolLookup.loaderLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("LibTorch has no function " + name));
    }

    /// Pairs of a count and a layout.
    private static MemoryLayout[] arguments(Object... pairs) {
        return IntStream.range(0, pairs.length / 2)
                .boxed()
                .flatMap(i ->
                        Stream.generate(() -> (MemoryLayout) pairs[2 * i + 1]).limit((int) pairs[2 * i]))
                .toArray(MemoryLayout[]::new);
    }
}
