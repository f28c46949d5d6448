package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.Inputs;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A compiled graph: steps over numbered slots. Each step runs in its own PointerScope; a slot is freed after its last
/// reader.
///
/// @param feeds slots of the graph's inputs, then of the values captured from the surrounding graph
/// @param feedNames their names
/// @param constants tensors by slot, null where the slot is computed
/// @param outputs slots of the graph's outputs
/// @param limits counts what is alive
@SuppressWarnings({"ArrayRecordComponent", "ReferenceEquality"}) // never compared; handles have identity
record Program(
        List<Step> steps,
        int[] feeds,
        List<String> feedNames,
        @Nullable Tensor[] constants,
        int[] outputs,
        RunLimits limits)
        implements AutoCloseable {
    /// One node, or several fused into one.
    ///
    /// @param in slots read, −1 where an optional input is absent or taken in by the operator
    /// @param out slots written, −1 where nobody wants the output
    /// @param dead slots that nobody reads afterwards
    /// @param known host copies of constant integer inputs, null elsewhere
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Step(
            BoundOp op,
            String label,
            int[] in,
            int[] out,
            List<String> outNames,
            int[] dead,
            long[] @Nullable [] known) {}

    /// Runs the steps of a sub-graph. Takes over the tensors of `fed`; the results belong to the caller, who must close
    /// them. The hook does not see `fed`: captured values were shown where they were computed.
    Tensor[] run(Tensor[] fed, @Nullable ValueHook hook) {
        return run(placed(fed), hook, false);
    }

    /// Runs the steps of the outermost graph, whose inputs the hook sees too; otherwise as [#run].
    Tensor[] runOutermost(Tensor[] fed, @Nullable ValueHook hook) {
        return run(placed(fed), hook, true);
    }

    private @Nullable Tensor[] placed(Tensor[] fed) {
        @Nullable Tensor[] frame = new @Nullable Tensor[constants.length];
        for (int i = 0; i < fed.length; i++) {
            frame[feeds[i]] = fed[i];
            limits.hold(feedNames.get(i), fed[i].nbytes());
        }
        return frame;
    }

    private Tensor[] run(@Nullable Tensor[] frame, @Nullable ValueHook hook, boolean outermost) {
        try {
            if (outermost) {
                hookFeeds(frame, hook);
            }
            for (Step step : steps) {
                execute(step, frame, hook);
                for (int slot : step.dead) {
                    release(frame, slot);
                }
            }
            return results(frame);
        } finally {
            for (int slot = 0; slot < frame.length; slot++) {
                release(frame, slot);
            }
        }
    }

    private void hookFeeds(@Nullable Tensor[] frame, @Nullable ValueHook hook) {
        if (hook == null) {
            return;
        }
        for (int i = 0; i < feeds.length; i++) {
            Tensor fed = frame[feeds[i]];
            if (fed != null && hook.wants(feedNames.get(i))) {
                try (PointerScope _ = new PointerScope()) {
                    Tensor seen = hook.apply(feedNames.get(i), exclusive(fed));
                    if (seen != fed) {
                        seen.retainReference();
                        fed.close();
                        frame[feeds[i]] = seen;
                    }
                }
            }
        }
    }

    private void execute(Step step, @Nullable Tensor[] frame, @Nullable ValueHook hook) {
        try (PointerScope _ = new PointerScope()) {
            @Nullable Tensor[] read = new @Nullable Tensor[step.in.length];
            for (int i = 0; i < read.length; i++) {
                int slot = step.in[i];
                if (slot >= 0) {
                    read[i] = constants[slot] != null ? constants[slot] : frame[slot];
                }
            }
            Tensor[] written = step.op.run(new Inputs(read, step.known, hook));
            for (int i = 0; i < step.out.length; i++) {
                if (step.out[i] >= 0) {
                    Tensor value = hooked(step.outNames.get(i), owned(written[i], read), hook);
                    frame[step.out[i]] = kept(value);
                    limits.hold(step.label, value.nbytes());
                }
            }
        }
    }

    private static Tensor hooked(String name, Tensor value, @Nullable ValueHook hook) {
        return hook != null && hook.wants(name) ? hook.apply(name, exclusive(value)) : value;
    }

    /// An operator may hand out its input as its output; the frame needs a handle of its own.
    private static Tensor owned(Tensor written, @Nullable Tensor[] read) {
        for (Tensor candidate : read) {
            if (candidate == written) {
                return new Tensor(written);
            }
        }
        return written;
    }

    /// A tensor whose memory nobody else sees: `tensor` itself, or a copy.
    private static Tensor exclusive(Tensor tensor) {
        boolean alone =
                tensor.use_count() == 1 && tensor.storage().use_count() == 1 && tensor.is_non_overlapping_and_dense();
        return alone ? tensor : tensor.clone();
    }

    private Tensor[] results(@Nullable Tensor[] frame) {
        Tensor[] results = new Tensor[outputs.length];
        for (int i = 0; i < outputs.length; i++) {
            Tensor value = constants[outputs[i]] != null ? constants[outputs[i]] : frame[outputs[i]];
            if (value == null) {
                throw new IllegalStateException("output " + i + " was not computed");
            }
            results[i] = kept(new Tensor(value));
        }
        return results;
    }

    private static Tensor kept(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    private void release(@Nullable Tensor[] frame, int slot) {
        Tensor tensor = frame[slot];
        if (tensor != null) {
            limits.release(tensor.nbytes());
            tensor.close();
            frame[slot] = null;
        }
    }

    @Override
    public void close() {
        steps.forEach(step -> step.op.close());
        for (Tensor constant : constants) {
            if (constant != null) {
                constant.close();
            }
        }
    }
}
