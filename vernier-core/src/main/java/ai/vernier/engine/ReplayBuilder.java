package ai.vernier.engine;

import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Makes a [Replay] of a program by running it once, step by step, with all checks: each result is computed, given its
/// place, and computed once more by the kernel that will compute it from then on.
///
/// A value is constant where it depends on shapes and constants alone. A result that shares its input's memory is a
/// view for good if all other inputs are constant.
final class ReplayBuilder {
    private static final long MAX_KNOWN_ELEMENTS = 1024;

    private final Program program;
    private final RunLimits limits;
    private final ReplayMemory memory;
    private final @Nullable Tensor[] frame;
    private final boolean[] constant;
    private final long[] @Nullable [] known;
    private final List<Replay.Feed> feeds = new ArrayList<>();
    private final List<Replay.Step> steps = new ArrayList<>();
    private final List<Tensor> owned = new ArrayList<>();

    private ReplayBuilder(Program program, RunLimits limits, long memoryBytes) {
        this.program = program;
        this.limits = limits;
        this.memory = new ReplayMemory(memoryBytes);
        this.frame = program.constants().clone();
        this.constant = new boolean[frame.length];
        this.known = new long[frame.length][];
        for (int slot = 0; slot < frame.length; slot++) {
            constant[slot] = frame[slot] != null;
        }
    }

    /// @param memoryBytes what the replay may occupy
    /// @throws ReplayMemory.Exhausted where it would be larger
    static Replay build(Program program, RunLimits limits, long memoryBytes, Map<String, TensorData> inputs) {
        ReplayBuilder builder = new ReplayBuilder(program, limits, memoryBytes);
        try {
            return builder.build(inputs);
        } catch (RuntimeException | OutOfMemoryError e) {
            builder.steps.forEach(step -> step.kernel().close());
            builder.owned.forEach(Tensor::close);
            builder.memory.close();
            throw e;
        }
    }

    private Replay build(Map<String, TensorData> inputs) {
        for (int i = 0; i < program.feeds().length; i++) {
            String name = program.feedNames().get(i);
            TensorData data = inputs.get(name);
            if (data == null) {
                throw new IllegalStateException("an input has passed the check without being there");
            }
            try (PointerScope _ = new PointerScope()) {
                Tensor fed = HostTransfer.toTensor(data);
                Tensor placed = owned(memory.place(fed));
                placed.copy_(fed);
                feeds.add(Replay.Feed.of(name, data, placed));
                frame[program.feeds()[i]] = placed;
            }
        }
        program.steps().forEach(this::add);
        assert memory.isIntact() : "a kernel has written beside its result";
        Tensor[] outputs = Arrays.stream(program.outputs())
                .mapToObj(slot -> present(frame[slot]))
                .toArray(Tensor[]::new);
        return new Replay(List.copyOf(feeds), List.copyOf(steps), outputs, owned, memory, limits);
    }

    private static Tensor present(@Nullable Tensor tensor) {
        if (tensor == null) {
            throw new IllegalStateException("a value was not computed");
        }
        return tensor;
    }

    private Tensor owned(Tensor tensor) {
        tensor.retainReference();
        owned.add(tensor);
        return tensor;
    }

    private void add(Program.Step step) {
        try (PointerScope _ = new PointerScope()) {
            Inputs in = inputs(step);
            Tensor[] written = step.op().run(in);
            @Nullable Tensor[] places = settled(step, written);
            if (Arrays.stream(places).anyMatch(place -> place != null)) {
                placeUnread(step, written, places);
                Kernel kernel = kernel(step, in, places);
                steps.add(new Replay.Step(step.label(), kernel));
                kernel.run();
            }
        }
        for (int slot : step.dead()) {
            Tensor dead = frame[slot];
            if (dead != null) {
                memory.release(dead);
            }
        }
    }

    /// Keeps views and constants; the places of all other results that somebody reads.
    private @Nullable Tensor[] settled(Program.Step step, Tensor[] written) {
        @Nullable Tensor[] places = new @Nullable Tensor[step.out().length];
        boolean fixed = step.op().isRepeatable() && dependsOnShapes(step);
        for (int i = 0; i < places.length; i++) {
            int slot = step.out()[i];
            if (slot >= 0 && (fixed || isView(step, written[i]))) {
                frame[slot] = owned(new Tensor(written[i]));
                constant[slot] = fixed;
                known[slot] = fixed ? longs(written[i]) : null;
                memory.reserve(fixed ? written[i].nbytes() : 0);
                memory.use(written[i]);
            } else if (slot >= 0) {
                places[i] = placed(written[i]);
                frame[slot] = places[i];
            }
        }
        return places;
    }

    private Tensor placed(Tensor result) {
        Tensor place = owned(memory.place(result));
        place.copy_(result);
        return place;
    }

    /// Kernels compute what nobody reads as well.
    private void placeUnread(Program.Step step, Tensor[] written, @Nullable Tensor[] places) {
        for (int i = 0; i < Math.min(places.length, written.length); i++) {
            if (step.out()[i] < 0) {
                places[i] = placed(written[i]);
            }
        }
    }

    private Inputs inputs(Program.Step step) {
        @Nullable Tensor[] read = new @Nullable Tensor[step.in().length];
        long[] @Nullable [] host = step.known().clone();
        for (int i = 0; i < read.length; i++) {
            int slot = step.in()[i];
            if (slot >= 0) {
                read[i] = frame[slot];
                host[i] = host[i] == null ? known[slot] : host[i];
            }
        }
        return new Inputs(read, host, null);
    }

    private boolean dependsOnShapes(Program.Step step) {
        return step.op().dependsOnShapes() || isConstant(step, -1);
    }

    /// Whether all inputs but the one of index `except` are constant; a value that comes twice is not excepted twice.
    private boolean isConstant(Program.Step step, int except) {
        return IntStream.range(0, step.in().length)
                .allMatch(i -> i == except || step.in()[i] < 0 || constant[step.in()[i]]);
    }

    private boolean isView(Program.Step step, Tensor written) {
        return step.op().isRepeatable()
                && !step.op().branches()
                && IntStream.range(0, step.in().length)
                        .filter(i -> step.in()[i] >= 0)
                        .anyMatch(i -> written.is_alias_of(present(frame[step.in()[i]])) && isConstant(step, i));
    }

    private static long @Nullable [] longs(Tensor tensor) {
        boolean whole = switch (tensor.scalar_type().intern()) {
            case Long, Int, Short, Char, Byte, Bool -> true;
            default -> false;
        };
        return whole && tensor.numel() <= MAX_KNOWN_ELEMENTS ? HostTransfer.longs(tensor) : null;
    }

    private Kernel kernel(Program.Step step, Inputs in, @Nullable Tensor[] places) {
        if (Arrays.stream(places).allMatch(place -> place != null)) {
            boolean[] fixed = new boolean[step.in().length];
            for (int i = 0; i < fixed.length; i++) {
                fixed[i] = step.in()[i] < 0 || constant[step.in()[i]];
            }
            Tensor[] out = Arrays.stream(places).map(ReplayBuilder::present).toArray(Tensor[]::new);
            Kernel kernel = step.op().kernel(new Operands(in.tensors(), fixed, in.constants(), out, memory::scratch));
            if (kernel != null) {
                return kernel;
            }
        }
        return () -> rerun(step, in, places);
    }

    /// Computes the step as in a first run and copies its results to their places.
    private static void rerun(Program.Step step, Inputs in, @Nullable Tensor[] places) {
        try (PointerScope _ = new PointerScope()) {
            Tensor[] written = step.op().run(in);
            for (int i = 0; i < places.length; i++) {
                Tensor place = places[i];
                if (place != null) {
                    if (!Replay.isLike(place, written[i])) {
                        throw new Replay.ShapeChanged();
                    }
                    place.copy_(written[i]);
                }
            }
        }
    }
}
