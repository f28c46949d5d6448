package ai.vernier.engine;

import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// The replays of an executor's latest runs, one for each set of input shapes, if its program is worth them: callers
/// come with full batches and then with what is left, or with two or three lengths in turn. Together they take no more
/// memory than a single one may.
final class ReplayCache implements AutoCloseable {
    private static final int MAX_KEPT = 4;

    /// Making a replay costs some runs. After so many that did not serve a second run no more are made, until one of
    /// those that are there does.
    private static final int MAX_WASTED = 4;

    private final RunLimits limits;

    /// The latest one last.
    private final List<Replay> kept = new ArrayList<>();

    private int wasted;

    /// Whether shapes have turned out to depend on data, or a replay as too large: no more of them.
    private boolean hopeless;

    ReplayCache(RunLimits limits) {
        this.limits = limits;
    }

    /// Whether [#run] needs no check of these inputs: one of the latest runs had the same names, types and shapes.
    boolean knows(Map<String, TensorData> inputs) {
        return find(inputs) != null;
    }

    private @Nullable Replay find(Map<String, TensorData> inputs) {
        for (Replay replay : kept.reversed()) {
            if (replay.fits(inputs)) {
                return replay;
            }
        }
        return null;
    }

    /// What the replays occupy.
    long bytes() {
        return kept.stream().mapToLong(Replay::bytes).sum();
    }

    /// The outputs for `inputs`, which stay this cache's until its next call; null where the program must run step by
    /// step.
    ///
    /// @param program asked for only where there is no replay yet
    Tensor @Nullable [] run(Map<String, TensorData> inputs, Supplier<Program> program) {
        Replay known = find(inputs);
        if (known == null) {
            return isWorthwhile(inputs) ? firstRun(program.get(), inputs) : null;
        }
        limits.hold("the replays", bytes());
        kept.remove(known);
        kept.add(known);
        wasted = 0;
        try {
            return known.run(inputs);
        } catch (Replay.ShapeChanged _) {
            giveUp();
            return null;
        } catch (RuntimeException e) {
            drop(known);
            throw e;
        }
    }

    private boolean isWorthwhile(Map<String, TensorData> inputs) {
        return !hopeless
                && wasted < MAX_WASTED
                && inputs.values().stream().allMatch(data -> Replay.canFeed(data.dataType()));
    }

    private Tensor @Nullable [] firstRun(Program program, Map<String, TensorData> inputs) {
        wasted++;
        if (kept.size() == MAX_KEPT) {
            drop(kept.getFirst());
        }
        Replay built = build(program, inputs);
        if (built == null) {
            giveUp();
            return null;
        }
        kept.add(built);
        return built.outputs();
    }

    /// A replay in the memory that the others leave, or else in their place; null where it is too large for that too.
    private @Nullable Replay build(Program program, Map<String, TensorData> inputs) {
        try {
            return ReplayBuilder.build(program, limits, limits.replayBytes() - bytes(), inputs);
        } catch (ReplayMemory.Exhausted _) {
            if (kept.isEmpty()) {
                return null;
            }
            close();
            return build(program, inputs);
        }
    }

    private void drop(Replay replay) {
        kept.remove(replay);
        replay.close();
    }

    private void giveUp() {
        hopeless = true;
        close();
    }

    @Override
    public void close() {
        kept.forEach(Replay::close);
        kept.clear();
    }
}
