package ai.vernier.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// One direction of a recurrent layer, on the thread that runs it. First [#project] on the caller's thread, then [#run]
/// on any.
public abstract sealed class XnnRecurrentDirection implements AutoCloseable permits XnnLstmDirection, XnnGruDirection {
    /// Which direction of how many, and whether it goes from the last step to the first.
    public record Place(int index, int count, boolean backwards) {}

    /// XNNPACK reads up to 16 bytes beyond what it works on.
    private static final long READ_BEHIND = 64;

    final int hidden;
    final XnnUnary tanh;
    final XnnBinary times;
    final XnnBinary plus;
    int batch;
    private long time;
    private final Gates gates;
    private final Place place;
    private final XnnRuntime runtime;
    private final XnnUnary sigmoid;
    private final List<AutoCloseable> held = new ArrayList<>();
    private @Nullable MemorySegment scratch;
    private MemorySegment sums = MemorySegment.NULL;

    /// The gates whose sums lie side by side for each sequence, `[count · hidden]`.
    ///
    /// @param sigmoids how many of them, the first ones, go through σ
    record Gates(int count, int sigmoids) {}

    XnnRecurrentDirection(int hidden, Gates gates, Place place, XnnRuntime runtime) {
        this.hidden = hidden;
        this.gates = gates;
        this.place = place;
        this.runtime = runtime;
        sigmoid = unary(Xnnpack.SIGMOID);
        tanh = unary(Xnnpack.TANH);
        times = binary(Xnnpack.MULTIPLY);
        plus = binary(Xnnpack.ADD);
    }

    /// Computes the input's share of the gates for all steps.
    ///
    /// @param x `[time, batch, inputs]`
    /// @param room for `[time, batch, gates · hidden]`, the run's until it is over
    public final void project(MemorySegment x, MemorySegment room, long steps, long sequences) {
        time = steps;
        sums = room;
        int rows = Math.toIntExact(sequences);
        if (rows != batch) {
            batch = rows;
            long bytes = (long) Float.BYTES * blocks() * rows * hidden;
            if (scratch == null || scratch.byteSize() < bytes + READ_BEHIND) {
                scratch = Arena.ofAuto().allocate(bytes + READ_BEHIND, 64);
            }
            shapeShared();
            shape();
        }
        projectGates(x, room, time * rows);
    }

    private void shapeShared() {
        long elements = (long) batch * hidden;
        sigmoid.shape(batch == 1 ? XnnUnary.Rows.one((long) gates.sigmoids * hidden) : gateRows(), Threads.CALLER);
        tanh.shape(XnnUnary.Rows.one(elements), Threads.CALLER);
        times.shape(elements, Threads.CALLER);
        plus.shape(elements, Threads.CALLER);
    }

    /// One gate of all sequences, out of the sums and into a block.
    final XnnUnary.Rows gateRows() {
        return new XnnUnary.Rows(batch, hidden, (long) gates.count * hidden, hidden);
    }

    /// Runs all steps of this direction.
    ///
    /// @param y `[time, direction, batch, hidden]`
    /// @param h `[direction, batch, hidden]`, before and after; `c` likewise where there is one
    public final void run(MemorySegment y, MemorySegment h, MemorySegment c) {
        long state = (long) Float.BYTES * batch * hidden;
        MemorySegment last = at(h, place.index * state);
        MemorySegment cell = at(c, place.index * state);
        MemorySegment previous = last;
        for (long step = 0; step < time; step++) {
            long t = place.backwards ? time - 1 - step : step;
            MemorySegment out = at(y, (t * place.count + place.index) * state);
            step(t, new State(previous, cell, out));
            previous = out;
        }
        sized(last, state).copyFrom(sized(previous, state));
    }

    /// Where a step finds h and c, and where it puts the new h; the new c takes the place of the old one.
    record State(MemorySegment h, MemorySegment c, MemorySegment out) {}

    abstract void projectGates(MemorySegment x, MemorySegment gates, long rows);

    /// Tells the operators of its own the batch.
    abstract void shape();

    /// How many blocks of batch × hidden floats [#block] has.
    abstract int blocks();

    abstract void step(long t, State state);

    /// Adds h·Rᵀ to the sums of step `t` and puts σ of the first gates into as many blocks.
    ///
    /// @return the sums, `[batch, gates · hidden]`
    final MemorySegment openGates(long t, MemorySegment h, Tensor recurrent) {
        int width = gates.count * hidden;
        MemorySegment row = at(sums, Float.BYTES * t * batch * width);
        addProduct(h, recurrent, width, row);
        // of one sequence all sigmoids lie side by side
        for (int gate = 0; gate < (batch == 1 ? 1 : gates.sigmoids); gate++) {
            sigmoid.run(at(row, (long) Float.BYTES * gate * hidden), block(gate));
        }
        return row;
    }

    /// target ← target + h·Rᵀ
    ///
    /// @param recurrent Rᵀ, `[hidden, width]`
    final void addProduct(MemorySegment h, Tensor recurrent, int width, MemorySegment target) {
        Blas.product(
                new Blas.Extents(batch, width, hidden),
                new Blas.Operand(h, hidden, false),
                new Blas.Operand(XnnRuntime.address(recurrent), width, false),
                1,
                new Blas.Operand(target, width, false));
    }

    /// `matrix` transposed, to be kept.
    final Tensor recurrent(Tensor matrix) {
        return held(OneDnn.kept(matrix.t().contiguous()));
    }

    /// Block `index` of the scratch memory.
    final MemorySegment block(int index) {
        MemorySegment known = scratch;
        if (known == null) {
            throw new IllegalStateException("no batch is known yet");
        }
        return at(known, (long) Float.BYTES * index * batch * hidden);
    }

    /// `bytes` behind the address `base`.
    static MemorySegment at(MemorySegment base, long bytes) {
        return MemorySegment.ofAddress(base.address() + bytes);
    }

    @SuppressWarnings("restricted") // inside a tensor or the scratch memory
    public static MemorySegment sized(MemorySegment segment, long bytes) {
        return segment.reinterpret(bytes);
    }

    final XnnUnary unary(int function) {
        return held(new XnnUnary(function, runtime));
    }

    final XnnBinary binary(int function) {
        return held(new XnnBinary(function, runtime));
    }

    final XnnLinear linear(Tensor weight, Tensor bias) {
        return held(new XnnLinear(weight.contiguous(), bias.contiguous(), runtime));
    }

    /// Whatever is to be closed with this.
    final <T extends AutoCloseable> T held(T resource) {
        held.add(resource);
        return resource;
    }

    @Override
    public final void close() {
        held.forEach(XnnRuntime::close);
    }
}
