package ai.vernier.engine.op;

import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;

/// One direction of an LSTM, gates in ONNX's order:
///
///     [i, o, f, g] = x·Wᵀ + h·Rᵀ + b     c' = σ(f)∘c + σ(i)∘tanh(g)     h' = σ(o)∘tanh(c')
final class XnnLstmDirection extends XnnRecurrentDirection {
    private static final int GATES = 4;
    private static final int OUT = 1;
    private static final int FORGET = 2;
    private static final int CANDIDATE = 3;

    private final XnnLinear projection;
    private final Tensor recurrent;
    private final XnnUnary sigmoid = unary(Xnnpack.SIGMOID);
    private final XnnUnary gateTanh = unary(Xnnpack.TANH);
    private final XnnUnary cellTanh = unary(Xnnpack.TANH);
    private final XnnBinary times = binary(Xnnpack.MULTIPLY);
    private final XnnBinary plus = binary(Xnnpack.ADD);
    private MemorySegment gates = MemorySegment.NULL;

    /// @param wrb `[4 · hidden, inputs]`, `[4 · hidden, hidden]`, `[8 · hidden]`
    XnnLstmDirection(Tensor[] wrb, Place place, XnnRuntime runtime) {
        super(Math.toIntExact(wrb[1].size(1)), place, runtime);
        long rows = wrb[1].size(0);
        Tensor bias = wrb[2].narrow(0, 0, rows).add(wrb[2].narrow(0, rows, rows));
        projection = linear(wrb[0], bias);
        recurrent = held(OneDnn.kept(wrb[1].t().contiguous()));
    }

    @Override
    int blocks() {
        return GATES;
    }

    @Override
    void shape() {
        long elements = (long) batch * hidden;
        long step = (long) GATES * hidden;
        Threads caller = Threads.CALLER;
        sigmoid.shape(
                batch == 1
                        ? XnnUnary.Rows.one((long) CANDIDATE * hidden)
                        : new XnnUnary.Rows(batch, hidden, step, hidden),
                caller);
        gateTanh.shape(new XnnUnary.Rows(batch, hidden, step, hidden), caller);
        cellTanh.shape(XnnUnary.Rows.one(elements), caller);
        times.shape(elements, caller);
        plus.shape(elements, caller);
    }

    @Override
    void projectGates(MemorySegment x, MemorySegment room, long rows) {
        gates = room;
        projection.run(x, gates, rows);
    }

    @Override
    void step(long t, State state) {
        int width = GATES * hidden;
        MemorySegment sums = at(gates, (long) Float.BYTES * t * batch * width);
        Blas.product(
                new Blas.Extents(batch, width, hidden),
                new Blas.Operand(state.h(), hidden, false),
                new Blas.Operand(XnnRuntime.address(recurrent), width, false),
                1,
                new Blas.Operand(sums, width, false));
        // of one row the three sigmoids lie side by side
        for (int gate = 0; gate < (batch == 1 ? 1 : CANDIDATE); gate++) {
            sigmoid.run(at(sums, (long) Float.BYTES * gate * hidden), block(gate));
        }
        gateTanh.run(at(sums, (long) Float.BYTES * CANDIDATE * hidden), block(CANDIDATE));
        MemorySegment in = block(0);
        times.run(block(FORGET), state.c(), state.c());
        times.run(in, block(CANDIDATE), in);
        plus.run(state.c(), in, state.c());
        cellTanh.run(state.c(), block(CANDIDATE));
        times.run(block(OUT), block(CANDIDATE), state.out());
    }
}
