package ai.vernier.engine.cpu;

import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;

/// One direction of an LSTM, gates in ONNX's order:
///
///     [i, o, f, g] = x·Wᵀ + h·Rᵀ + b     c' = σ(f)∘c + σ(i)∘tanh(g)     h' = σ(o)∘tanh(c')
public final class XnnLstmDirection extends XnnRecurrentDirection {
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FORGET = 2;
    private static final int CANDIDATE = 3;

    private final XnnLinear projection;
    private final Tensor recurrent;
    private final XnnUnary gateTanh = unary(Xnnpack.TANH);

    /// @param wrb `[4 · hidden, inputs]`, `[4 · hidden, hidden]`, `[8 · hidden]`
    public XnnLstmDirection(Tensor[] wrb, Place place, XnnRuntime runtime) {
        super(Math.toIntExact(wrb[1].size(1)), new Gates(CANDIDATE + 1, CANDIDATE), place, runtime);
        long rows = wrb[1].size(0);
        projection = linear(wrb[0], wrb[2].narrow(0, 0, rows).add(wrb[2].narrow(0, rows, rows)));
        recurrent = recurrent(wrb[1]);
    }

    @Override
    int blocks() {
        return CANDIDATE + 1;
    }

    @Override
    void shape() {
        gateTanh.shape(gateRows(), Threads.CALLER);
    }

    @Override
    void projectGates(MemorySegment x, MemorySegment room, long rows) {
        projection.run(x, room, rows);
    }

    @Override
    void step(long t, State state) {
        MemorySegment sums = openGates(t, state.h(), recurrent);
        MemorySegment candidate = block(CANDIDATE);
        gateTanh.run(at(sums, (long) Float.BYTES * CANDIDATE * hidden), candidate);
        times.run(block(FORGET), state.c(), state.c());
        times.run(block(IN), candidate, block(IN));
        plus.run(state.c(), block(IN), state.c());
        tanh.run(state.c(), candidate);
        times.run(block(OUT), candidate, state.out());
    }
}
