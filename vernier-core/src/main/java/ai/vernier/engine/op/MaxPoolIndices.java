package ai.vernier.engine.op;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// MaxPool with the places of the maxima: indices into the whole flattened input, its spatial axes in
/// row-major order or, with `storage_order = 1`, in column-major order.
final class MaxPoolIndices {
    private MaxPoolIndices() {}

    static Tensor[] of(NodeView node, Tensor input, boolean ceil) {
        Window window = PoolOps.window(node);
        boolean flat = window.rank() == 1;
        Tensor x = flat ? input.unsqueeze(2) : input;
        long[] spatial = PoolOps.spatial(x);
        Window covering = (flat ? window.lifted() : window).resolved(spatial).covering(spatial, ceil);
        Tensor wide = x.is_floating_point() ? x : x.to(ScalarType.Float);
        T_TensorTensor_T pooled = pooled(PoolOps.lowPadded(wide, covering), covering);
        Tensor y = new Tensor(pooled.get0()).to(x.scalar_type());
        boolean columnMajor = node.integer("storage_order", 0) == 1;
        Tensor indices = inWhole(new Tensor(pooled.get1()), x, covering, columnMajor);
        return new Tensor[] {flat ? y.squeeze(2) : y, flat ? indices.squeeze(2) : indices};
    }

    private static T_TensorTensor_T pooled(Tensor padded, Window window) {
        long[] none = Window.filled(window.rank(), 0);
        return window.rank() == 2
                ? torch.max_pool2d_with_indices(
                        padded, window.kernel(), window.strides(), none, window.dilations(), false)
                : torch.max_pool3d_with_indices(
                        padded, window.kernel(), window.strides(), none, window.dilations(), false);
    }

    /// From an index into the padded spatial axes to one into the whole input.
    private static Tensor inWhole(Tensor padded, Tensor x, Window window, boolean columnMajor) {
        int rank = window.rank();
        Tensor rest = padded;
        Tensor[] coordinates = new Tensor[rank];
        for (int i = rank - 1; i >= 0; i--) {
            Scalar extent = new Scalar(x.size(i + 2) + window.begins()[i] + window.ends()[i]);
            coordinates[i] = torch.remainder(rest, extent).sub(new Scalar(window.begins()[i]));
            rest = rest.floor_divide(extent);
        }
        Tensor index = torch.arange(new Scalar(x.size(0) * x.size(1)), new TensorOptions(ScalarType.Long));
        long[] planes = Window.filled(rank + 2, 1);
        planes[0] = x.size(0);
        planes[1] = x.size(1);
        index = index.reshape(planes);
        for (int k = 0; k < rank; k++) {
            long extent = x.size(k + 2);
            index = index.mul(new Scalar(extent));
        }
        long stride = 1;
        for (int k = 0; k < rank; k++) {
            int axis = columnMajor ? k : rank - 1 - k;
            index = index.add(coordinates[axis].mul(new Scalar(stride)));
            stride *= x.size(axis + 2);
        }
        return index;
    }
}
