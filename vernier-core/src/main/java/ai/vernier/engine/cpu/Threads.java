package ai.vernier.engine.cpu;

import java.lang.foreign.MemorySegment;

/// The threads that an operator of XNNPACK is shaped for.
///
/// @param pool a pool, or null for the caller's thread alone
/// @param work multiply-accumulates of a run, 0 for the caller's thread alone
public record Threads(MemorySegment pool, double work) {
    public static final Threads CALLER = new Threads(MemorySegment.NULL, 0);

    boolean isShared() {
        return work > 0;
    }
}
