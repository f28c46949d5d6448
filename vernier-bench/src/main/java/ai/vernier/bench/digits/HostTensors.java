package ai.vernier.bench.digits;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/// Copies between host tensors and LibTorch.
final class HostTensors {
    private HostTensors() {}

    /// A LibTorch copy of a float32 or int64 tensor, owned by the open scope.
    static Tensor toTorch(TensorData data) {
        if (data.dataType() == DataType.FLOAT) {
            TensorOptions options = new TensorOptions(torch.ScalarType.Float);
            return torch.from_blob(new FloatPointer(data.toFloats()), data.dims(), options)
                    .clone();
        }
        TensorOptions options = new TensorOptions(torch.ScalarType.Long);
        return torch.from_blob(new LongPointer(data.toLongs()), data.dims(), options)
                .clone();
    }

    /// A host copy of a float32 tensor that needs no gradient.
    static TensorData toHost(Tensor tensor) {
        Tensor dense = tensor.contiguous();
        float[] values = new float[Math.toIntExact(dense.numel())];
        new FloatPointer(dense.data_ptr()).get(values);
        long[] dims = new long[(int) dense.dim()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = dense.size(i);
        }
        return TensorData.ofFloats(values, dims);
    }
}
