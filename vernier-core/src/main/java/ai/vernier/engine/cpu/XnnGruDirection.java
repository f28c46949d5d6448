package ai.vernier.engine.cpu;

import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;

/// One direction of a GRU that resets after the recurrent product, gates in ONNX's order:
///
///     [z, r] = σ(x·Wᵀ + h·Rᵀ + b)     n = tanh(x·Wₙᵀ + bₙ + r∘(h·Rₙᵀ + bᵣ))     h' = n + z∘(h − n)
public final class XnnGruDirection extends XnnRecurrentDirection {
    private static final int UPDATE = 0;
    private static final int RESET = 1;
    private static final int GATES = 2;
    private static final int CANDIDATE = 2;
    private static final int DIFFERENCE = 3;

    private final XnnLinear gateProjection;
    private final XnnLinear candidateProjection;
    private final Tensor gateRecurrent;
    private final Tensor candidateRecurrent;
    private final Tensor recurrentBias;
    private final XnnBinary minus = binary(Xnnpack.SUBTRACT);
    private MemorySegment candidates = MemorySegment.NULL;

    /// @param wrb `[3 · hidden, inputs]`, `[3 · hidden, hidden]`, `[6 · hidden]`
    public XnnGruDirection(Tensor[] wrb, Place place, XnnRuntime runtime) {
        super(Math.toIntExact(wrb[1].size(1)), new Gates(GATES, GATES), place, runtime);
        long two = (long) GATES * hidden;
        Tensor bias = wrb[2];
        Tensor gateBias = bias.narrow(0, 0, two).add(bias.narrow(0, two + hidden, two));
        gateProjection = linear(wrb[0].narrow(0, 0, two), gateBias);
        candidateProjection = linear(wrb[0].narrow(0, two, hidden), bias.narrow(0, two, hidden));
        gateRecurrent = recurrent(wrb[1].narrow(0, 0, two));
        candidateRecurrent = recurrent(wrb[1].narrow(0, two, hidden));
        recurrentBias =
                held(OneDnn.kept(bias.narrow(0, 2 * two + hidden, hidden).contiguous()));
    }

    @Override
    int blocks() {
        return DIFFERENCE + 1;
    }

    @Override
    void shape() {
        minus.shape((long) batch * hidden, Threads.CALLER);
    }

    @Override
    void projectGates(MemorySegment x, MemorySegment room, long rows) {
        candidates = at(room, (long) Float.BYTES * GATES * hidden * rows);
        gateProjection.run(x, room, rows);
        candidateProjection.run(x, candidates, rows);
    }

    @Override
    void step(long t, State state) {
        openGates(t, state.h(), gateRecurrent);
        MemorySegment candidate = recurrentCandidate(state.h());
        times.run(block(RESET), candidate, candidate);
        plus.run(candidate, at(candidates, (long) Float.BYTES * t * batch * hidden), candidate);
        tanh.run(candidate, candidate);
        MemorySegment difference = block(DIFFERENCE);
        minus.run(state.h(), candidate, difference);
        times.run(block(UPDATE), difference, difference);
        plus.run(candidate, difference, state.out());
    }

    /// h·Rₙᵀ + bᵣ
    private MemorySegment recurrentCandidate(MemorySegment h) {
        MemorySegment sums = block(CANDIDATE);
        long row = (long) Float.BYTES * hidden;
        MemorySegment bias = sized(XnnRuntime.address(recurrentBias), row);
        for (int i = 0; i < batch; i++) {
            sized(at(sums, i * row), row).copyFrom(bias);
        }
        addProduct(h, candidateRecurrent, hidden, sums);
        return sums;
    }
}
