package ai.vernier.observe;

import ai.vernier.data.Batch;
import ai.vernier.engine.ValueHook;
import ai.vernier.onnx.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Counts the values that the engine shows, without holding on to any.
final class Observer implements ValueHook {
    private final Map<String, Seen> seen = new LinkedHashMap<>();
    private final Counting counting;
    private long first;
    private int count;

    /// @param threads threads that count the values of one tensor; 0 means one per core
    Observer(StatisticsRequest request, int threads) {
        counting = new Counting(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
        request.tensors().forEach((tensor, kinds) -> seen.put(tensor, new Seen(kinds)));
    }

    /// Statistics of one tensor under way.
    private static final class Seen {
        private final Set<StatisticKind> kinds;
        private final HistogramBuilder histogram = new HistogramBuilder();
        private final TreeMap<Long, Range> batches = new TreeMap<>();
        private Range range = Range.EMPTY;

        Seen(Set<StatisticKind> kinds) {
            this.kinds = kinds;
        }

        TensorStatistics statistics() {
            return new TensorStatistics(range, new BatchRanges(batches), histogram.toHistogram());
        }
    }

    /// What is shown from now on belongs to `batch`.
    void next(Batch batch) {
        first = batch.first();
        count = batch.count();
    }

    Statistics statistics(long samples) {
        Map<String, TensorStatistics> statistics = new LinkedHashMap<>();
        seen.forEach((tensor, values) -> statistics.put(tensor, values.statistics()));
        return new Statistics(samples, statistics);
    }

    @Override
    public boolean wants(String value) {
        return seen.containsKey(value);
    }

    /// The order of the values in memory does not matter to any statistic, so strides do not either, as
    /// long as the memory is dense.
    @Override
    public Tensor apply(String value, Tensor tensor) {
        Seen values = seen.get(value);
        if (values == null || tensor.numel() == 0) {
            return tensor;
        }
        Tensor floats = tensor.scalar_type() == torch.ScalarType.Float ? tensor : tensor.to(torch.ScalarType.Float);
        Tensor dense = floats.is_non_overlapping_and_dense() ? floats : floats.contiguous();
        Range range = count(value, dense.cpu(), values);
        values.range = values.range.merge(range);
        if (values.kinds.contains(StatisticKind.BATCH_RANGES)) {
            values.batches.merge(first, range, Range::merge);
        }
        return tensor;
    }

    private Range count(String value, Tensor dense, Seen values) {
        MemorySegment memory = memory(dense);
        Extremes extremes = values.kinds.contains(StatisticKind.HISTOGRAM)
                ? counting.count(memory, values.histogram)
                : counting.measure(memory);
        if (!extremes.areFinite()) {
            throw new InvalidInputException(notFinite(value, extremes.notFinite()));
        }
        return new Range(extremes.min(), extremes.max(), dense.numel());
    }

    private String notFinite(String value, float found) {
        return "'%s' becomes %s for a sample in %d … %d, expected finite numbers; check these samples, or keep the tensor in floating point"
                .formatted(value, found, first, first + count - 1);
    }

    /// The floats of a dense tensor on the host, valid while the tensor is.
    @SuppressWarnings("restricted") // reads LibTorch's memory in place
    private static MemorySegment memory(Tensor tensor) {
        long address = tensor.data_ptr_float().address();
        return MemorySegment.ofAddress(address).reinterpret(tensor.numel() * Float.BYTES);
    }
}
