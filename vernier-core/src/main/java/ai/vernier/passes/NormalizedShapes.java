package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/// Chooses the normalization operator that fits axes and parameters, as far as the shapes of a graph are known.
record NormalizedShapes(Ranks ranks) {
    static NormalizedShapes of(Graph graph) {
        return new NormalizedShapes(Ranks.of(graph));
    }

    /// Along the one axis behind the channels and without parameters both operators fit; a model of text is meant then.
    FuseNormalization.Operator operator(
            NormalizationArithmetic arithmetic, Optional<TensorData> scale, Optional<TensorData> bias) {
        Optional<Integer> rank = ranks.rank(arithmetic.input());
        long[] axes = sorted(arithmetic.axes().values(), rank);
        boolean last = isLast(axes);
        boolean mayBeInstance = scale.or(() -> bias).isPresent() || axes.length > 1;
        if (arithmetic.centred() && mayBeInstance && rank.isPresent() && isBehindChannels(axes, rank.get())) {
            FuseNormalization.Operator instance = instance(arithmetic, scale, bias, rank.get());
            if (instance.objection().isEmpty() || !last) {
                return instance;
            }
        }
        return last
                ? trailing(arithmetic, scale, bias, axes.length)
                : FuseNormalization.Operator.none("axes %s are neither the last ones nor all behind the channels"
                        .formatted(Arrays.toString(arithmetic.axes().values())));
    }

    /// Counted from the end where the rank is known.
    private static long[] sorted(long[] axes, Optional<Integer> rank) {
        return LongStream.of(axes)
                .map(axis -> axis >= 0 && rank.isPresent() ? axis - rank.get() : axis)
                .sorted()
                .toArray();
    }

    private static boolean isLast(long[] axes) {
        return axes.length > 0
                && Arrays.equals(axes, LongStream.range(-axes.length, 0).toArray());
    }

    private static boolean isBehindChannels(long[] axes, int rank) {
        return rank > 2 && axes.length == rank - 2 && isLast(axes);
    }

    /// γ and β of shape `[C,1,1]`: one value for each channel.
    private FuseNormalization.Operator instance(
            NormalizationArithmetic arithmetic, Optional<TensorData> scale, Optional<TensorData> bias, int rank) {
        Optional<Long> channels = scale.or(() -> bias)
                .map(tensor -> tensor.rank() >= rank - 1 ? tensor.dim(1 - rank) : 0L)
                .or(() -> extent(arithmetic.input(), 1));
        boolean fits = channels.filter(
                        count -> count > 0 && perChannel(scale, count, rank) && perChannel(bias, count, rank))
                .isPresent();
        if (!fits) {
            return FuseNormalization.Operator.none("scale and bias are not one value for each channel");
        }
        long count = channels.orElseThrow();
        return new FuseNormalization.Operator(
                "InstanceNormalization",
                Map.of("epsilon", Attribute.of((float) arithmetic.epsilon())),
                List.of(
                        scale.map(tensor -> tensor.reshaped(count)).orElseGet(() -> filled(1, count)),
                        bias.map(tensor -> tensor.reshaped(count)).orElseGet(() -> filled(0, count))),
                Optional.empty());
    }

    private static boolean perChannel(Optional<TensorData> parameter, long channels, int rank) {
        return parameter
                .map(tensor -> tensor.rank() >= rank - 1
                        && tensor.rank() <= rank
                        && tensor.elementCount() == channels
                        && tensor.dim(1 - rank) == channels)
                .orElse(true);
    }

    private Optional<Long> extent(String value, int axis) {
        return ranks.of(value).map(Shape::sizes).map(sizes -> sizes[axis]).filter(size -> size > 0);
    }

    /// γ and β with the shape of the last `count` axes.
    private FuseNormalization.Operator trailing(
            NormalizationArithmetic arithmetic, Optional<TensorData> scale, Optional<TensorData> bias, int count) {
        Optional<long[]> dims = ranks.of(arithmetic.input())
                .map(Shape::sizes)
                .filter(sizes -> sizes.length >= count)
                .map(sizes -> Arrays.copyOfRange(sizes, sizes.length - count, sizes.length))
                .filter(sizes -> LongStream.of(sizes).allMatch(size -> size > 0))
                .or(() -> scale.or(() -> bias)
                        .filter(tensor -> tensor.rank() >= count && tensor.elementCount() > 1)
                        .map(tensor -> Arrays.copyOfRange(tensor.dims(), tensor.rank() - count, tensor.rank())));
        if (dims.isEmpty()) {
            return FuseNormalization.Operator.none("the extent of the normalized axes is not stated");
        }
        int rank = ranks.rank(arithmetic.input()).orElse(count);
        if (!hasDims(scale, dims.get(), rank) || !hasDims(bias, dims.get(), rank)) {
            return FuseNormalization.Operator.none(
                    "scale or bias have not the shape %s of what is normalized".formatted(Arrays.toString(dims.get())));
        }
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        attributes.put("axis", Attribute.of((long) -count));
        attributes.put("epsilon", Attribute.of((float) arithmetic.epsilon()));
        TensorData gamma = scale.map(tensor -> tensor.reshaped(dims.get())).orElseGet(() -> filled(1, dims.get()));
        List<TensorData> parameters =
                bias.map(tensor -> List.of(gamma, tensor.reshaped(dims.get()))).orElseGet(() -> List.of(gamma));
        return new FuseNormalization.Operator(
                arithmetic.centred() ? "LayerNormalization" : "RMSNormalization",
                attributes,
                parameters,
                Optional.empty());
    }

    /// Leading axes of extent 1 aside, as long as they are no more than the `rank` of what is normalized.
    private static boolean hasDims(Optional<TensorData> parameter, long[] dims, int rank) {
        return parameter
                .map(tensor -> tensor.rank() >= dims.length
                        && tensor.rank() <= Math.max(rank, dims.length)
                        && tensor.elementCount() == TensorData.elementCount(dims)
                        && Arrays.equals(
                                Arrays.copyOfRange(tensor.dims(), tensor.rank() - dims.length, tensor.rank()), dims))
                .orElse(true);
    }

    private static TensorData filled(float value, long... dims) {
        float[] values = new float[Math.toIntExact(TensorData.elementCount(dims))];
        Arrays.fill(values, value);
        return TensorData.ofFloats(values, dims);
    }
}
