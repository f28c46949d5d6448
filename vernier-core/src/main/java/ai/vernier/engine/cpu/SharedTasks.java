package ai.vernier.engine.cpu;

import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Numbered tasks that several threads take from a pool. A failure must not leave a pool's thread, which is C; it is
/// kept for the thread that waits.
public final class SharedTasks {
    private final IntConsumer body;
    private volatile @Nullable Throwable failure;

    SharedTasks(IntConsumer body) {
        this.body = body;
    }

    void run(int task) {
        try {
            body.accept(task);
        } catch (Throwable e) {
            failure = e;
        }
    }

    /// Throws what one of the tasks has thrown.
    void complain() {
        Throwable thrown = failure;
        if (thrown != null) {
            throw new IllegalStateException("a shared task fails", thrown);
        }
    }
}
