package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// TfIdfVectorizer over integers: how often the n-grams of a pool occur in each row, items `skip` apart counting as
/// neighbours too.
final class NgramOps {
    private NgramOps() {}

    static void register(OpTable ops) {
        ops.bind("TfIdfVectorizer", 9, node -> {
            if (node.has("pool_strings")) {
                throw node.unsupported("on strings");
            }
            Pool pool = Pool.of(node);
            return in -> new Tensor[] {pool.vectors(in.at(0), in.longs(0))};
        });
    }

    /// @param columns output column and position in the pool of every n-gram
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Pool(NodeView node, Map<List<Long>, int[]> columns, int width) {
        static Pool of(NodeView node) {
            long[] items = node.integers("pool_int64s");
            long[] starts = node.integers("ngram_counts");
            long[] indexes = node.integers("ngram_indexes");
            Map<List<Long>, int[]> columns = new HashMap<>();
            int width = 0;
            for (int size = 1; size <= starts.length; size++) {
                int end = (int) (size < starts.length ? starts[size] : items.length);
                for (int start = (int) starts[size - 1]; start + size <= end; start += size) {
                    int position = columns.size();
                    int column = (int) indexes[position];
                    columns.put(gram(items, start, size, 1), new int[] {column, position});
                    width = Math.max(width, column + 1);
                }
            }
            return new Pool(node, columns, width);
        }

        private static List<Long> gram(long[] items, int start, int size, int step) {
            List<Long> gram = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                gram.add(items[start + i * step]);
            }
            return gram;
        }

        Tensor vectors(Tensor x, long[] items) {
            int rows = x.dim() == 2 ? (int) x.size(0) : 1;
            int length = rows == 0 ? 0 : items.length / rows;
            float[] result = new float[rows * width];
            for (int row = 0; row < rows; row++) {
                long[] sequence = Arrays.copyOfRange(items, row * length, (row + 1) * length);
                count(sequence, result, row * width);
            }
            return x.dim() == 2 ? HostTransfer.ofFloats(result, rows, width) : HostTransfer.ofFloats(result, width);
        }

        private void count(long[] sequence, float[] result, int offset) {
            // nothing longer or wider apart than the sequence is in it
            int shortest = Math.clamp(node.integer("min_gram_length", 1), 1, sequence.length + 1);
            int longest = (int) Math.min(node.integer("max_gram_length", 1), sequence.length);
            int widest = (int) Math.min(node.integer("max_skip_count", 0), sequence.length);
            for (int skip = 0; skip <= widest; skip++) {
                for (int size = skip == 0 ? shortest : Math.max(shortest, 2); size <= longest; size++) {
                    int last = sequence.length - (size - 1) * (skip + 1);
                    for (int start = 0; start < last; start++) {
                        int[] found = columns.get(gram(sequence, start, size, skip + 1));
                        if (found != null) {
                            result[offset + found[0]] = weighted(result[offset + found[0]], found[1]);
                        }
                    }
                }
            }
        }

        /// What a count becomes with one more occurrence of the n-gram at `position`.
        private float weighted(float before, int position) {
            double[] weights = node.reals("weights");
            float weight = weights.length > 0 ? (float) weights[position] : 1;
            return switch (node.text("mode", "TF")) {
                case "TF" -> before + 1;
                case "IDF" -> weight;
                default -> before + weight;
            };
        }
    }
}
