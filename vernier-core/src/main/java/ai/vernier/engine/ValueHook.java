package ai.vernier.engine;

import org.bytedeco.pytorch.Tensor;

/// Sees chosen values of a graph as soon as they are computed, graph inputs included, and may replace them.
public interface ValueHook {
    /// Wants nothing; with it a program still runs step by step, as with any hook.
    ValueHook NOBODY = new ValueHook() {
        @Override
        public boolean wants(String value) {
            return false;
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            return tensor;
        }
    };

    /// Whether [#apply] is to be called for `value`.
    boolean wants(String value);

    /// Returns the tensor that the rest of the graph uses: `tensor` itself, left alone (observing) or changed
    /// in place, or another one of the same shape and type.
    ///
    /// The shape is the ONNX shape; the strides may be channels-last. The engine guarantees that nothing else
    /// reads the memory of `tensor`, so that changing it in place is safe. The tensor dies with the call's
    /// PointerScope: keep numbers, never the tensor.
    Tensor apply(String value, Tensor tensor);
}
