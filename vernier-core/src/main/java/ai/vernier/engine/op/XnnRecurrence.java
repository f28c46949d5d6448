package ai.vernier.engine.op;

import ai.vernier.engine.cpu.OneDnn;
import ai.vernier.engine.cpu.XnnGruDirection;
import ai.vernier.engine.cpu.XnnLstmDirection;
import ai.vernier.engine.cpu.XnnRecurrentDirection;
import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.RowCopy;
import ai.vernier.engine.tensor.Strided;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// LSTM and GRU with constant weights and default activations: the input's share of all gates as one product for the
/// whole sequence, then step by step the recurrent product and the gates, both directions at the same time.
///
/// Inputs x `[time, batch, input]`, W, R, B, sequence_lens (absent), initial_h, initial_c. Outputs as ONNX lays them
/// out, Y `[time, direction, batch, hidden]`, so that nothing is copied.
final class XnnRecurrence implements BoundOp {
    private static final int BIAS = 3;
    private static final int FIRST_STATE = 5;

    /// What the calls of one step cost, in multiply-accumulates.
    private static final double STEP_CALLS = 1 << 14;

    private final NodeView node;
    private final RecurrentCell.Kind kind;
    private final Weights weights;
    private final XnnRuntime runtime;
    private final BoundOp portable;
    private final TensorOptions options = OneDnn.kept(new TensorOptions(ScalarType.Float));
    private final MemoryFormatOptional layout = OneDnn.kept(new MemoryFormatOptional());
    private final List<XnnRecurrentDirection> directions = new ArrayList<>();
    private final @Nullable Tensor[] dense = new @Nullable Tensor[BIAS + 1];

    /// @param w `[directions, gates · hidden, inputs]`
    /// @param r `[directions, gates · hidden, hidden]`
    /// @param b `[directions, 2 · gates · hidden]`
    private record Weights(
            TensorData w, TensorData r, @Nullable TensorData b) {
        boolean areConsistent(int directions, int gates) {
            if (r.rank() != 3 || w.rank() != 3 || r.dim(2) == 0 || w.dim(2) == 0) {
                return false;
            }
            long rows = gates * r.dim(2);
            return Arrays.equals(r.dims(), new long[] {directions, rows, r.dim(2)})
                    && Arrays.equals(w.dims(), new long[] {directions, rows, w.dim(2)})
                    && (b == null || Arrays.equals(b.dims(), new long[] {directions, 2 * rows}));
        }

        int directions() {
            return (int) r.dim(0);
        }

        long hidden() {
            return r.dim(2);
        }
    }

    private XnnRecurrence(
            NodeView node, RecurrentCell.Kind kind, Weights weights, XnnRuntime runtime, BoundOp portable) {
        this.node = node;
        this.kind = kind;
        this.weights = weights;
        this.runtime = runtime;
        this.portable = portable;
    }

    /// The layer on XNNPACK where that is there and the weights are constant floats; otherwise `portable`, which
    /// computes the same, also for inputs that do not suit.
    static BoundOp orElse(BoundOp portable, NodeView node, RecurrentCell.Kind kind) {
        Optional<XnnRuntime> runtime = node.xnnpack();
        Optional<TensorData> w = floats(node, 1);
        Optional<TensorData> r = floats(node, 2);
        Optional<TensorData> b = floats(node, BIAS);
        boolean biasIsKnown = node.node().input(BIAS).isEmpty() || b.isPresent();
        if (runtime.isEmpty() || w.isEmpty() || r.isEmpty() || !biasIsKnown) {
            return portable;
        }
        Weights weights = new Weights(w.get(), r.get(), b.orElse(null));
        int directions = node.text("direction", "forward").equals("bidirectional") ? 2 : 1;
        return weights.areConsistent(directions, kind.gates())
                ? new XnnRecurrence(node, kind, weights, runtime.get(), portable)
                : portable;
    }

    private static Optional<TensorData> floats(NodeView node, int index) {
        return node.constant(index).filter(value -> value.dataType() == DataType.FLOAT);
    }

    @Override
    public Set<Integer> absorbedInputs() {
        return Set.of(1, 2, BIAS);
    }

    @Override
    public Tensor[] run(Inputs in) {
        return suits(in) ? compute(in) : portable.run(withWeights(in));
    }

    private boolean suits(Inputs in) {
        Tensor x = in.at(0);
        boolean suited = isFloat(x) && x.dim() == 3 && x.numel() > 0 && x.size(2) == weights.w.dim(2);
        for (int i = FIRST_STATE; suited && i < FIRST_STATE + kind.states(); i++) {
            Tensor state = in.orNull(i);
            suited = state == null
                    || (isFloat(state) && Arrays.equals(HostTransfer.sizes(state), stateSizes(x.size(1))));
        }
        return suited;
    }

    private static boolean isFloat(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.Float && !tensor.is_cuda();
    }

    private long[] stateSizes(long batch) {
        return new long[] {weights.directions(), batch, weights.hidden()};
    }

    private Tensor[] compute(Inputs in) {
        Tensor x = in.at(0).contiguous();
        long time = x.size(0);
        long batch = x.size(1);
        Tensor[] results = new Tensor[1 + kind.states()];
        results[0] = torch.empty(new long[] {time, weights.directions(), batch, weights.hidden()}, options, layout);
        for (int i = 0; i < kind.states(); i++) {
            results[1 + i] = initial(in.orNull(FIRST_STATE + i), batch);
        }
        long projected = time * batch * weights.r.dim(1);
        Tensor gates = torch.empty(new long[] {weights.directions(), projected}, options, layout);
        run(new Place(x, XnnRuntime.address(gates)), addresses(results));
        return results;
    }

    /// The input and the memory for its share of the gates.
    private record Place(MemorySegment x, MemorySegment gates, long time, long batch) {
        Place(Tensor x, MemorySegment gates) {
            this(XnnRuntime.address(x), gates, x.size(0), x.size(1));
        }
    }

    /// @param results Y, then the states, which hold the initial ones
    private void run(Place at, MemorySegment[] results) {
        long gates = (long) Float.BYTES * at.time * at.batch * weights.r.dim(1);
        for (int d = 0; d < packed().size(); d++) {
            MemorySegment own = MemorySegment.ofAddress(at.gates.address() + d * gates);
            directions.get(d).project(at.x, own, at.time, at.batch);
        }
        double products = (double) at.batch * weights.r.dim(1) * weights.hidden();
        MemorySegment c = results[results.length - 1];
        runtime.share(
                directions.size(),
                directions.size() * at.time * (products + STEP_CALLS),
                d -> directions.get(d).run(results[0], results[1], c));
    }

    private static MemorySegment[] addresses(Tensor[] tensors) {
        return Arrays.stream(tensors).map(XnnRuntime::address).toArray(MemorySegment[]::new);
    }

    @Override
    public @Nullable Kernel kernel(Operands at) {
        Inputs in = new Inputs(at.in(), at.known(), null);
        if (!suits(in) || !at.out()[0].is_contiguous()) {
            return null;
        }
        Tensor x = in.at(0);
        Optional<DenseInput> sequence = DenseInput.of(x, at);
        MemorySegment[] results = new MemorySegment[1 + kind.states()];
        results[0] = XnnRuntime.address(at.out()[0]);
        List<Kernel> before = new ArrayList<>();
        for (int i = 1; i < results.length; i++) {
            Optional<Start> start = start(i, in, at);
            if (start.isPresent()) {
                results[i] = start.get().place;
                before.add(start.get().fill);
            }
        }
        if (sequence.isEmpty() || before.size() < kind.states()) {
            return null;
        }
        before.add(sequence.get().copy());
        long gates = weights.directions() * x.size(0) * x.size(1) * weights.r.dim(1);
        MemorySegment room = at.memory().apply(Float.BYTES * gates);
        Place place = new Place(sequence.get().at(), room, x.size(0), x.size(1));
        return () -> {
            before.forEach(Kernel::run);
            run(place, results);
        };
    }

    /// The place of a state and what fills it with the initial one.
    private record Start(MemorySegment place, Kernel fill) {}

    /// State `i`, from 1; empty where there is no quick way.
    private Optional<Start> start(int i, Inputs in, Operands at) {
        long[] sizes = stateSizes(in.at(0).size(1));
        long bytes = Float.BYTES * sizes[0] * sizes[1] * sizes[2];
        boolean wanted = i < at.out().length;
        if (wanted && !at.out()[i].is_contiguous()) {
            return Optional.empty();
        }
        MemorySegment place =
                wanted ? XnnRuntime.address(at.out()[i]) : at.memory().apply(bytes);
        Tensor given = in.orNull(FIRST_STATE + i - 1);
        return given == null
                ? Optional.of(new Start(
                        place, () -> XnnRecurrentDirection.sized(place, bytes).fill((byte) 0)))
                : RowCopy.of(Strided.of(given), Strided.dense(place.address(), sizes, Float.BYTES))
                        .map(copy -> new Start(place, copy));
    }

    /// A copy of `given`, or zeros; the last state goes to the same place.
    private Tensor initial(@Nullable Tensor given, long batch) {
        long[] sizes = stateSizes(batch);
        return given == null
                ? torch.zeros(sizes, options)
                : torch.empty(sizes, options, layout).copy_(given);
    }

    private List<XnnRecurrentDirection> packed() {
        if (directions.isEmpty()) {
            try (PointerScope _ = new PointerScope()) {
                Tensor w = HostTransfer.toTensor(weights.w);
                Tensor r = HostTransfer.toTensor(weights.r);
                long[] none = {weights.directions(), 2 * weights.r.dim(1)};
                Tensor b = weights.b == null ? torch.zeros(none, options) : HostTransfer.toTensor(weights.b);
                for (int d = 0; d < weights.directions(); d++) {
                    directions.add(direction(d, new Tensor[] {w.select(0, d), r.select(0, d), b.select(0, d)}));
                }
            }
        }
        return directions;
    }

    /// @param wrb the weights of this direction
    private XnnRecurrentDirection direction(int index, Tensor[] wrb) {
        boolean backwards = node.text("direction", "forward").equals("reverse") || index == 1;
        XnnRecurrentDirection.Place place = new XnnRecurrentDirection.Place(index, weights.directions(), backwards);
        return kind == RecurrentCell.Kind.LSTM
                ? new XnnLstmDirection(wrb, place, runtime)
                : new XnnGruDirection(wrb, place, runtime);
    }

    private Inputs withWeights(Inputs in) {
        @Nullable Tensor[] tensors = in.tensors().clone();
        @Nullable TensorData[] constants = {null, weights.w, weights.r, weights.b};
        for (int i = 1; i < Math.min(constants.length, tensors.length); i++) {
            TensorData constant = constants[i];
            if (dense[i] == null && constant != null) {
                dense[i] = OneDnn.kept(HostTransfer.toTensor(constant)
                        .to(in.at(0).options(), false, false, new MemoryFormatOptional()));
            }
            tensors[i] = dense[i];
        }
        return new Inputs(tensors, in.constants(), in.hook());
    }

    @Override
    public void close() {
        directions.forEach(XnnRecurrentDirection::close);
        for (Tensor each : dense) {
            XnnRuntime.close(each);
        }
        portable.close();
        options.close();
        layout.close();
    }
}
