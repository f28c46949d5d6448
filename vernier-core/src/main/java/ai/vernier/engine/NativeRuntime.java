package ai.vernier.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Settings of the native libraries that must be in place before LibTorch is loaded. Whoever has set one keeps it.
///
/// - OpenBLAS with one thread: its own idle threads yield in a loop and take the cores from OpenMP's, which on two
/// cores
///   makes a network of small products ten times slower.
/// - OpenMP's threads wait for the next parallel region for some 50 µs, the pause between two convolutions, and then
///   sleep. By default they spin for milliseconds; as soon as anything else wants a core, that costs a factor of ten.
/// - JavaCPP without its watch on resident memory and without phantom references: reading /proc for every native object
///   doubles the price of a small operator; our scopes free everything.
/// - glibc's malloc keeps freed activations instead of returning them to the system, because faulting pages in again
///   costs more than a convolution.
final class NativeRuntime {
    private static final int M_TRIM_THRESHOLD = -1;
    private static final int M_MMAP_THRESHOLD = -3;
    private static final int KEPT_BYTES = 256 << 20;
    private static final boolean PREPARED = prepare();

    private NativeRuntime() {}

    /// Runs the preparation, once.
    static boolean isPrepared() {
        return PREPARED;
    }

    private static boolean prepare() {
        setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        setProperty("org.bytedeco.javacpp.maxBytes", "0");
        setEnvironment("OPENBLAS_NUM_THREADS", "1");
        setEnvironment("GOMP_SPINCOUNT", "3000");
        return keepFreedMemory();
    }

    private static void setProperty(String key, String value) {
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }

    private static void setEnvironment(String key, String value) {
        FunctionDescriptor type = FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
        Optional<MethodHandle> setenv = function("setenv", type);
        if (setenv.isEmpty()) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            int overwrite = 0;
            int _ = (int) setenv.get().invokeExact(arena.allocateFrom(key), arena.allocateFrom(value), overwrite);
        } catch (Throwable e) {
            throw new IllegalStateException("setenv fails", e);
        }
    }

    private static boolean keepFreedMemory() {
        FunctionDescriptor type =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        Optional<MethodHandle> mallopt = function("mallopt", type);
        if (mallopt.isEmpty()) {
            return false;
        }
        try {
            return (int) mallopt.get().invokeExact(M_MMAP_THRESHOLD, KEPT_BYTES) == 1
                    && (int) mallopt.get().invokeExact(M_TRIM_THRESHOLD, KEPT_BYTES) == 1;
        } catch (Throwable e) {
            throw new IllegalStateException("mallopt fails", e);
        }
    }

    @SuppressWarnings("restricted") // calling libc is the point
    private static Optional<MethodHandle> function(String name, FunctionDescriptor type) {
        SymbolLookup lookup = Linker.nativeLinker().defaultLookup();
        Optional<MemorySegment> address = lookup.find(name);
        return address.map(symbol -> Linker.nativeLinker().downcallHandle(symbol, type));
    }
}
