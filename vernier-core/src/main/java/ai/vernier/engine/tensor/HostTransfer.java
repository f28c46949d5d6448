package ai.vernier.engine.tensor;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The one place where tensors cross between the Java heap and LibTorch.
///
/// LibTorch computes little on 16- to 64-bit unsigned and sub-byte integers, so those live there in the next wider
/// type that holds them: uint16 as int32, uint32 as int64, uint4 as uint8, int4 as int8. The 8- and 4-bit floats live
/// there as float32. A uint64 is an int64 of the same bits.
public final class HostTransfer {
    private HostTransfer() {}

    /// The LibTorch type that carries `type`.
    public static ScalarType carrier(DataType type) {
        return switch (type) {
            case FLOAT, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1, FLOAT8E8M0 ->
                ScalarType.Float;
            case DOUBLE -> ScalarType.Double;
            case FLOAT16 -> ScalarType.Half;
            case BFLOAT16 -> ScalarType.BFloat16;
            case INT64, UINT32, UINT64 -> ScalarType.Long;
            case INT32, UINT16 -> ScalarType.Int;
            case INT16 -> ScalarType.Short;
            case INT8, INT4, INT2 -> ScalarType.Char;
            case UINT8, UINT4, UINT2 -> ScalarType.Byte;
            case BOOL -> ScalarType.Bool;
            case STRING, COMPLEX64, COMPLEX128 ->
                throw new UnsupportedModelException("the engine does not compute on %s tensors".formatted(type.text()));
        };
    }

    /// The ONNX type whose values a LibTorch type holds exactly.
    public static DataType typeOf(Tensor tensor) {
        return typeOf(tensor.scalar_type());
    }

    /// The ONNX type whose values `type` holds exactly.
    public static DataType typeOf(ScalarType type) {
        return switch (type.intern()) {
            case Float -> DataType.FLOAT;
            case Double -> DataType.DOUBLE;
            case Half -> DataType.FLOAT16;
            case BFloat16 -> DataType.BFLOAT16;
            case Long -> DataType.INT64;
            case Int -> DataType.INT32;
            case Short -> DataType.INT16;
            case Char -> DataType.INT8;
            case Byte -> DataType.UINT8;
            case Bool -> DataType.BOOL;
            default -> throw new UnsupportedModelException("no ONNX type for LibTorch's " + type);
        };
    }

    /// The ONNX type of a tensor that is known or said to be of `stated` type, which counts where LibTorch's type can
    /// carry it.
    public static DataType typeOf(Tensor tensor, Optional<DataType> stated) {
        return stated.filter(type -> type != DataType.STRING)
                .filter(type -> carrier(type) == tensor.scalar_type().intern())
                .orElseGet(() -> typeOf(tensor));
    }

    /// Copies a host tensor to the CPU.
    public static Tensor toTensor(TensorData data) {
        DataType type = data.dataType();
        Optional<SmallFloat> small = SmallFloat.of(type);
        if (small.isPresent()) {
            return ofFloats(small.get().decode(data), data.dims());
        }
        Tensor tensor = torch.empty(data.dims(), new TensorOptions(carrier(type)), new MemoryFormatOptional());
        if (data.elementCount() == 0) {
            return tensor;
        }
        if (isWidened(type)) {
            MemorySegment widened = widened(tensor, data);
            segment(tensor, widened.byteSize()).copyFrom(widened);
        } else {
            segment(tensor, data.sizeBytes()).copyFrom(data.bytes());
        }
        return tensor;
    }

    private static MemorySegment widened(Tensor tensor, TensorData data) {
        long[] values = data.toLongs();
        long width = tensor.element_size();
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(values.length * width)]);
        for (int i = 0; i < values.length; i++) {
            if (width == Long.BYTES) {
                bytes.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, values[i]);
            } else if (width == Integer.BYTES) {
                bytes.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, (int) values[i]);
            } else {
                bytes.set(ValueLayout.JAVA_BYTE, i, (byte) values[i]);
            }
        }
        return bytes;
    }

    private static boolean isWidened(DataType type) {
        return switch (type) {
            case UINT16, UINT32, UINT4, INT4, UINT2, INT2 -> true;
            default -> false;
        };
    }

    /// Copies a tensor to the heap as `type`, which [#carrier] must map to the tensor's type.
    public static TensorData toHost(Tensor tensor, DataType type) {
        try (PointerScope _ = new PointerScope()) {
            Optional<SmallFloat> small = SmallFloat.of(type);
            if (small.isPresent()) {
                return small.get().encode(floats(tensor), sizes(tensor));
            }
            if (isWidened(type)) {
                return TensorData.ofIntegers(type, longs(tensor), sizes(tensor));
            }
            Tensor dense = tensor.cpu().contiguous();
            byte[] bytes = new byte[Math.toIntExact(dense.numel() * dense.element_size())];
            if (bytes.length > 0) {
                MemorySegment.ofArray(bytes).copyFrom(segment(dense, bytes.length));
            }
            return TensorData.ofBytes(type, MemorySegment.ofArray(bytes), sizes(dense));
        }
    }

    /// The elements of an integer or boolean tensor.
    public static long[] longs(Tensor tensor) {
        try (PointerScope _ = new PointerScope()) {
            long[] values = new long[Math.toIntExact(tensor.numel())];
            if (values.length > 0) {
                Tensor dense = tensor.cpu().to(ScalarType.Long).contiguous();
                dense.data_ptr_long().get(values);
            }
            return values;
        }
    }

    /// The elements of a floating-point tensor.
    public static float[] floats(Tensor tensor) {
        try (PointerScope _ = new PointerScope()) {
            float[] values = new float[Math.toIntExact(tensor.numel())];
            if (values.length > 0) {
                Tensor dense = tensor.cpu().to(ScalarType.Float).contiguous();
                dense.data_ptr_float().get(values);
            }
            return values;
        }
    }

    /// An int64 tensor on the CPU.
    public static Tensor ofLongs(long[] values, long... dims) {
        Tensor tensor = torch.empty(dims, new TensorOptions(ScalarType.Long), new MemoryFormatOptional());
        if (values.length > 0) {
            tensor.data_ptr_long().put(values);
        }
        return tensor;
    }

    /// A float tensor on the CPU.
    public static Tensor ofFloats(float[] values, long... dims) {
        Tensor tensor = torch.empty(dims, new TensorOptions(ScalarType.Float), new MemoryFormatOptional());
        if (values.length > 0) {
            tensor.data_ptr_float().put(values);
        }
        return tensor;
    }

    public static long[] sizes(Tensor tensor) {
        long[] sizes = new long[(int) tensor.dim()];
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] = tensor.size(axis);
        }
        return sizes;
    }

    @SuppressWarnings("restricted") // the tensor vouches for the address and the size
    private static MemorySegment segment(Tensor tensor, long sizeBytes) {
        return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(sizeBytes);
    }
}
