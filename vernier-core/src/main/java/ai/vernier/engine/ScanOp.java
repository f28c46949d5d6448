package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.NodeView;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Scan. Body: (states…, one element of each scanned input…) → (states…, one element of each scanned
/// output…).
final class ScanOp {
    private final NodeView node;
    private final Body body;
    private final int scannedInputs;

    private ScanOp(NodeView node, Body body) {
        this.node = node;
        this.body = body;
        this.scannedInputs = (int) node.integer("num_scan_inputs", 1);
    }

    /// Opset 9 and newer. Inputs: states…, scanned….
    static BoundOp of(NodeView node, Body body) {
        ScanOp scan = new ScanOp(node, body);
        int states = node.node().inputs().size() - scan.scannedInputs;
        return scan.bound(in -> {
            Tensor[] sources = new Tensor[scan.scannedInputs];
            for (int i = 0; i < sources.length; i++) {
                Tensor whole = in.at(states + i).movedim(scan.at("scan_input_axes", i), 0);
                sources[i] = scan.at("scan_input_directions", i) == 1 ? torch.flip(whole, 0) : whole;
            }
            return scan.scan(in, given(in, 0, states), sources);
        });
    }

    /// Opset 8. Inputs: sequence lengths, states…, scanned…, all but the first with the batch as axis 0
    /// and, where scanned, time as axis 1. Beyond its length a sequence gives zeros.
    static BoundOp batched(NodeView node, Body body) {
        ScanOp scan = new ScanOp(node, body);
        int states = node.node().inputs().size() - scan.scannedInputs - 1;
        return scan.bound(in -> {
            Tensor[] initial = given(in, 1, states);
            Tensor[] whole = given(in, 1 + states, scan.scannedInputs);
            long batch = whole[0].size(0);
            long @Nullable [] lengths = in.has(0) ? in.longs(0) : null;
            Tensor[][] results = new Tensor[(int) batch][];
            for (int b = 0; b < batch; b++) {
                long time = whole[0].size(1);
                results[b] = scan.oneOfBatch(in, initial, whole, new Row(b, lengths == null ? time : lengths[b], time));
            }
            return transposedStack(results);
        });
    }

    private record Row(int index, long length, long time) {}

    private Tensor[] oneOfBatch(Inputs in, Tensor[] initial, Tensor[] whole, Row row) {
        Tensor[] sources = new Tensor[whole.length];
        for (int i = 0; i < sources.length; i++) {
            Tensor part = whole[i].select(0, row.index).narrow(0, 0, row.length);
            sources[i] = at("directions", i) == 1 ? torch.flip(part, 0) : part;
        }
        Tensor[] state = Arrays.stream(initial)
                .map(tensor -> tensor.select(0, row.index))
                .toArray(Tensor[]::new);
        Tensor[] results = scan(in, state, sources);
        for (int i = initial.length; i < results.length && row.length < row.time; i++) {
            Tensor missing = results[i].new_zeros(rows(results[i], row.time - row.length));
            results[i] = torch.cat(new TensorVector(results[i], missing), 0);
        }
        return results;
    }

    private static long[] rows(Tensor like, long count) {
        long[] dims = new long[(int) like.dim()];
        Arrays.setAll(dims, like::size);
        dims[0] = count;
        return dims;
    }

    private static Tensor[] transposedStack(Tensor[][] perSample) {
        Tensor[] stacked = new Tensor[perSample[0].length];
        for (int i = 0; i < stacked.length; i++) {
            TensorVector parts = new TensorVector(perSample.length);
            for (int b = 0; b < perSample.length; b++) {
                parts.put(b, perSample[b][i]);
            }
            stacked[i] = torch.stack(parts, 0);
        }
        return stacked;
    }

    private static Tensor[] given(Inputs in, int first, int count) {
        Tensor[] tensors = new Tensor[count];
        Arrays.setAll(tensors, i -> in.at(first + i));
        return tensors;
    }

    private long at(String attribute, int index) {
        long[] values = node.integers(attribute);
        return index < values.length ? values[index] : 0;
    }

    /// @param sources the scanned inputs, the axis of the trips first
    private Tensor[] scan(Inputs in, Tensor[] initial, Tensor[] sources) {
        int states = initial.length;
        int scanned = body.outputs().size() - states;
        try (ScanResults results =
                new ScanResults(initial, scanned, body.program().limits())) {
            for (long trip = 0; trip < sources[0].size(0); trip++) {
                try (PointerScope _ = new PointerScope()) {
                    Tensor[] fed = Arrays.copyOf(results.state(), states + sources.length);
                    for (int i = 0; i < sources.length; i++) {
                        fed[states + i] = sources[i].select(0, trip);
                    }
                    results.add(body.run(in, fed), 0);
                }
            }
            Tensor[] outputs = new Tensor[states + scanned];
            for (int i = 0; i < states; i++) {
                outputs[i] = results.last(i);
            }
            for (int i = 0; i < scanned; i++) {
                outputs[states + i] = output(results, states, i);
            }
            return outputs;
        }
    }

    private Tensor output(ScanResults results, int states, int index) {
        long axis = at("scan_output_axes", index);
        return results.isEmpty(index)
                ? ScanResults.none(body.outputs().get(states + index), axis)
                : results.stacked(index, axis, at("scan_output_directions", index) == 1);
    }

    private interface Trips {
        Tensor[] run(Inputs in);
    }

    private BoundOp bound(Trips trips) {
        return new BoundOp() {
            @Override
            public Tensor[] run(Inputs in) {
                return trips.run(in);
            }

            @Override
            public boolean isRepeatable() {
                return body.isRepeatable();
            }

            @Override
            public boolean branches() {
                return true;
            }

            @Override
            public void close() {
                body.close();
            }
        };
    }
}
