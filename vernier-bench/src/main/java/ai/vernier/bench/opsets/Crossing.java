package ai.vernier.bench.opsets;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import org.bytedeco.javacpp.PointerScope;

/// As what tensors go over ONNX Runtime's Java border where it does not take their own type.
final class Crossing {
    private Crossing() {}

    static DataType as(DataType type) {
        if (OrtModel.crosses(type)) {
            return type;
        }
        return type.isFloatingPoint() ? DataType.FLOAT : DataType.INT64;
    }

    static TensorData over(TensorData value) {
        DataType type = value.dataType();
        if (OrtModel.crosses(type)) {
            return value;
        }
        if (type.isFloatingPoint()) {
            try (PointerScope _ = new PointerScope()) {
                return HostTransfer.toHost(HostTransfer.toTensor(value), DataType.FLOAT);
            }
        }
        return TensorData.ofLongs(value.toLongs(), value.dims());
    }
}
