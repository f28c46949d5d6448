package ai.vernier.engine.op;

import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;

/// One direction of a GRU that resets after the recurrent product, gates in ONNX's order:
///
///     [z, r] = σ(x·Wᵀ + h·Rᵀ + b)     n = tanh(x·Wₙᵀ + bₙ + r∘(h·Rₙᵀ + bᵣ))     h' = n + z∘(h − n)
final class XnnGruDirection extends XnnRecurrentDirection {
    private static final int GATES = 2;
    private static final int CANDIDATE = 2;
    private static final int DIFFERENCE = 3;

    private final XnnLinear gateProjection;
    private final XnnLinear candidateProjection;
    private final Tensor gateRecurrent;
    private final Tensor candidateRecurrent;
    private final Tensor recurrentBias;
    private final XnnUnary sigmoid = unary(Xnnpack.SIGMOID);
    private final XnnUnary tanh = unary(Xnnpack.TANH);
    private final XnnBinary times = binary(Xnnpack.MULTIPLY);
    private final XnnBinary plus = binary(Xnnpack.ADD);
    private final XnnBinary minus = binary(Xnnpack.SUBTRACT);
    private MemorySegment gates = MemorySegment.NULL;
    private MemorySegment candidates = MemorySegment.NULL;

    /// @param wrb `[3 · hidden, inputs]`, `[3 · hidden, hidden]`, `[6 · hidden]`
    XnnGruDirection(Tensor[] wrb, Place place, XnnRuntime runtime) {
        super(Math.toIntExact(wrb[1].size(1)), place, runtime);
        long two = (long) GATES * hidden;
        Tensor bias = wrb[2];
        Tensor gateBias = bias.narrow(0, 0, two).add(bias.narrow(0, two + hidden, two));
        gateProjection = linear(wrb[0].narrow(0, 0, two), gateBias);
        candidateProjection = linear(wrb[0].narrow(0, two, hidden), bias.narrow(0, two, hidden));
        gateRecurrent = held(OneDnn.kept(wrb[1].narrow(0, 0, two).t().contiguous()));
        candidateRecurrent = held(OneDnn.kept(wrb[1].narrow(0, two, hidden).t().contiguous()));
        recurrentBias =
                held(OneDnn.kept(bias.narrow(0, 2 * two + hidden, hidden).contiguous()));
    }

    @Override
    int blocks() {
        return DIFFERENCE + 1;
    }

    @Override
    void shape() {
        long elements = (long) batch * hidden;
        long step = (long) GATES * hidden;
        Threads caller = Threads.CALLER;
        sigmoid.shape(batch == 1 ? XnnUnary.Rows.one(step) : new XnnUnary.Rows(batch, hidden, step, hidden), caller);
        tanh.shape(XnnUnary.Rows.one(elements), caller);
        times.shape(elements, caller);
        plus.shape(elements, caller);
        minus.shape(elements, caller);
    }

    @Override
    void projectGates(MemorySegment x, MemorySegment room, long rows) {
        gates = room;
        candidates = at(room, (long) Float.BYTES * GATES * hidden * rows);
        gateProjection.run(x, gates, rows);
        candidateProjection.run(x, candidates, rows);
    }

    @Override
    void step(long t, State state) {
        int width = GATES * hidden;
        MemorySegment sums = at(gates, (long) Float.BYTES * t * batch * width);
        Blas.Operand h = new Blas.Operand(state.h(), hidden, false);
        Blas.product(
                new Blas.Extents(batch, width, hidden),
                h,
                new Blas.Operand(XnnRuntime.address(gateRecurrent), width, false),
                1,
                new Blas.Operand(sums, width, false));
        // of one row both sigmoids lie side by side
        for (int gate = 0; gate < (batch == 1 ? 1 : GATES); gate++) {
            sigmoid.run(at(sums, (long) Float.BYTES * gate * hidden), block(gate));
        }
        MemorySegment candidate = recurrentCandidate(h);
        times.run(block(1), candidate, candidate);
        plus.run(candidate, at(candidates, (long) Float.BYTES * t * batch * hidden), candidate);
        tanh.run(candidate, candidate);
        MemorySegment difference = block(DIFFERENCE);
        minus.run(state.h(), candidate, difference);
        times.run(block(0), difference, difference);
        plus.run(candidate, difference, state.out());
    }

    /// h·Rₙᵀ + bᵣ
    private MemorySegment recurrentCandidate(Blas.Operand h) {
        MemorySegment sums = block(CANDIDATE);
        long row = (long) Float.BYTES * hidden;
        MemorySegment bias = sized(XnnRuntime.address(recurrentBias), row);
        for (int i = 0; i < batch; i++) {
            sized(at(sums, i * row), row).copyFrom(bias);
        }
        Blas.product(
                new Blas.Extents(batch, hidden, hidden),
                h,
                new Blas.Operand(XnnRuntime.address(candidateRecurrent), hidden, false),
                1,
                new Blas.Operand(sums, hidden, false));
        return sums;
    }
}
