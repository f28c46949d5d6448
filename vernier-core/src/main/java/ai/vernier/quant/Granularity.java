package ai.vernier.quant;

/// How many elements of a tensor share one scale and zero point.
public sealed interface Granularity {
    /// The whole tensor shares one scale.
    record PerTensor() implements Granularity {}

    /// Each slice along `axis` (0 ≤ axis < rank) has its own scale.
    record PerChannel(int axis) implements Granularity {}

    /// Each run of `size` elements along `axis` has its own scale, for every position of the other axes. ONNX calls it
    /// blocked quantization; the last group may be shorter.
    record PerGroup(int axis, int size) implements Granularity {
        public PerGroup {
            if (size < 1) {
                throw new IllegalArgumentException("a group has at least 1 element, found " + size);
            }
        }
    }
}
