package ai.vernier.engine.ort;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A model loaded into ONNX Runtime: host tensors in, host tensors out. Safe for use by several threads.
///
/// Tensors cross the border as bytes; element types that ONNX Runtime's Java API lacks (16- to 64-bit
/// unsigned, 4-bit) are refused there.
public final class OrtModel implements AutoCloseable {
    private static final OnnxJavaType[] SUPPORTED = {
        OnnxJavaType.FLOAT, OnnxJavaType.DOUBLE, OnnxJavaType.INT8, OnnxJavaType.INT16, OnnxJavaType.INT32,
        OnnxJavaType.INT64, OnnxJavaType.BOOL, OnnxJavaType.UINT8, OnnxJavaType.FLOAT16, OnnxJavaType.BFLOAT16
    };

    private final OrtEnvironment environment;
    private final OrtSession session;

    private OrtModel(OrtEnvironment environment, OrtSession session) {
        this.environment = environment;
        this.session = session;
    }

    /// The version of the ONNX Runtime that is used; loads its native library.
    public static String version() {
        return environment().getVersion();
    }

    /// Loads a model file with ONNX Runtime's default graph optimizations.
    ///
    /// @param threads threads within an operator; 0 leaves the choice to ONNX Runtime
    /// @throws UnsupportedModelException where ONNX Runtime refuses the model; its words are in the message
    public static OrtModel open(Path file, int threads) {
        return open((environment, options) -> environment.createSession(file.toString(), options), threads);
    }

    /// Loads a serialized model; see [#open(Path, int)].
    public static OrtModel open(byte[] model, int threads) {
        return open((environment, options) -> environment.createSession(model, options), threads);
    }

    private static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "vernier");
    }

    private interface SessionFactory {
        OrtSession create(OrtEnvironment environment, OrtSession.SessionOptions options) throws OrtException;
    }

    private static OrtModel open(SessionFactory factory, int threads) {
        OrtEnvironment environment = environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            if (threads > 0) {
                options.setIntraOpNumThreads(threads);
            }
            return new OrtModel(environment, factory.create(environment, options));
        } catch (OrtException e) {
            throw new UnsupportedModelException("ONNX Runtime does not load the model: " + e.getMessage(), e);
        }
    }

    public List<String> inputNames() {
        return List.copyOf(session.getInputNames());
    }

    public List<String> outputNames() {
        return List.copyOf(session.getOutputNames());
    }

    /// The element types of the tensors that the model hands out, by name; those without a known type are left out.
    public Map<String, DataType> outputTypes() {
        Map<String, DataType> types = new LinkedHashMap<>();
        try {
            for (NodeInfo output : session.getOutputInfo().values()) {
                if (output.getInfo() instanceof TensorInfo tensor) {
                    dataType(tensor.onnxType).ifPresent(type -> types.put(output.getName(), type));
                }
            }
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot describe its outputs", e);
        }
        return types;
    }

    /// Whether tensors of `type` can be fed and handed out.
    public static boolean crosses(DataType type) {
        return Arrays.stream(SUPPORTED).anyMatch(candidate -> candidate.name().equals(type.name()));
    }

    /// Runs the model once.
    ///
    /// @param inputs every required input by name
    /// @return every output by name, in the model's order, copied to the heap
    /// @throws UnsupportedModelException where ONNX Runtime fails, or a tensor type does not cross the
    ///     border
    public Map<String, TensorData> run(Map<String, TensorData> inputs) {
        Map<String, OnnxTensor> fed = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, TensorData> input : inputs.entrySet()) {
                fed.put(input.getKey(), toOrt(input.getKey(), input.getValue()));
            }
            try (OrtSession.Result result = session.run(fed)) {
                Map<String, TensorData> outputs = new LinkedHashMap<>();
                for (Map.Entry<String, OnnxValue> output : result) {
                    outputs.put(output.getKey(), fromOrt(output.getKey(), output.getValue()));
                }
                return outputs;
            }
        } catch (OrtException e) {
            throw new UnsupportedModelException("ONNX Runtime fails to run the model: " + e.getMessage(), e);
        } finally {
            fed.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor toOrt(String name, TensorData tensor) throws OrtException {
        ByteBuffer direct =
                ByteBuffer.allocateDirect(Math.toIntExact(tensor.sizeBytes())).order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(direct).copyFrom(tensor.bytes());
        return OnnxTensor.createTensor(environment, direct, tensor.dims(), javaType(name, tensor.dataType()));
    }

    private static TensorData fromOrt(String name, OnnxValue value) {
        if (!(value instanceof OnnxTensor tensor)) {
            throw new UnsupportedModelException("output '%s' is no tensor".formatted(name));
        }
        DataType type = dataType(tensor.getInfo().onnxType)
                .orElseThrow(() -> new UnsupportedModelException(
                        "output '%s' is %s, which does not cross the border".formatted(name, tensor.getInfo().type)));
        ByteBuffer bytes = tensor.getByteBuffer();
        return TensorData.ofBytes(
                type, MemorySegment.ofBuffer(bytes), tensor.getInfo().getShape());
    }

    /// The numbers of ONNX Runtime's enum are not those of the ONNX schema; the names agree.
    private static Optional<DataType> dataType(TensorInfo.OnnxTensorType type) {
        return Arrays.stream(DataType.values())
                .filter(known -> known != DataType.STRING)
                .filter(known -> type.name().equals("ONNX_TENSOR_ELEMENT_DATA_TYPE_" + known.name()))
                .findFirst();
    }

    private static OnnxJavaType javaType(String name, DataType type) {
        for (OnnxJavaType candidate : SUPPORTED) {
            if (candidate.name().equals(type.name())) {
                return candidate;
            }
        }
        throw new UnsupportedModelException(
                "tensor '%s' is %s, which ONNX Runtime's Java API cannot take".formatted(name, type.text()));
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime fails to close a session", e);
        }
    }
}
