package ai.vernier.onnx.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.AttributeProto;
import ai.vernier.onnx.io.OnnxProto.GraphProto;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import ai.vernier.onnx.io.OnnxProto.NodeProto;
import ai.vernier.onnx.io.OnnxProto.OperatorSetIdProto;
import ai.vernier.onnx.io.OnnxProto.SparseTensorProto;
import ai.vernier.onnx.io.OnnxProto.TensorAnnotation;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import ai.vernier.onnx.io.OnnxProto.TensorShapeProto;
import ai.vernier.onnx.io.OnnxProto.TrainingInfoProto;
import ai.vernier.onnx.io.OnnxProto.TypeProto;
import ai.vernier.onnx.io.OnnxProto.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxReaderTest {
    private static final UnknownFieldSet NEWER = UnknownFieldSet.newBuilder()
            .addField(4000, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsWrittenReadsBackAsItself(long seed) {
        Model model = new GeneratedModels(seed, true).model();
        assertThat(OnnxReader.read(OnnxWriter.toBytes(model)))
                .as("seed %d", seed)
                .isEqualTo(model);
    }

    @Test
    void everyFieldThatIsNotInterpretedIsKept() throws InvalidProtocolBufferException {
        ModelProto original = modelWithStrangeFields();
        byte[] written = OnnxWriter.toBytes(OnnxReader.read(original.toByteArray()));
        assertThat(ModelProto.parseFrom(written)).isEqualTo(original);
    }

    private static ModelProto modelWithStrangeFields() {
        AttributeProto attribute = AttributeProto.newBuilder()
                .setName("axis")
                .setI(1)
                .setType(2)
                .setDocString("which")
                .setUnknownFields(NEWER)
                .build();
        NodeProto node = NodeProto.newBuilder()
                .addInput("x")
                .addOutput("y")
                .setOpType("Softmax")
                .addAttribute(attribute)
                .addMetadataProps(Metadata.entry("k", "v").toBuilder().setUnknownFields(NEWER))
                .addDeviceConfigurations(
                        OnnxProto.NodeDeviceConfigurationProto.newBuilder().setPipelineStage(2))
                .setUnknownFields(NEWER)
                .build();
        TypeProto type = TypeProto.newBuilder()
                .setDenotation("IMAGE")
                .setTensorType(TypeProto.Tensor.newBuilder()
                        .setElemType(1)
                        .setShape(TensorShapeProto.newBuilder()
                                .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(-1))
                                .addDim(TensorShapeProto.Dimension.newBuilder().setDenotation("DATA_CHANNEL"))))
                .build();
        ValueInfoProto input = ValueInfoProto.newBuilder()
                .setName("x")
                .setType(type)
                .setUnknownFields(NEWER)
                .build();
        TensorProto weights = TensorProto.newBuilder()
                .setName("w")
                .addDims(1)
                .setDataType(1)
                .setRawData(ByteString.copyFrom(new byte[4]))
                .setUnknownFields(NEWER)
                .build();
        GraphProto graph = GraphProto.newBuilder()
                .setName("g")
                .addNode(node)
                .addInput(input)
                .addOutput(ValueInfoProto.newBuilder().setName("y"))
                .addInitializer(weights)
                .addSparseInitializer(SparseTensorProto.newBuilder()
                        .setValues(weights.toBuilder().setName("sparse")))
                .addQuantizationAnnotation(TensorAnnotation.newBuilder().setTensorName("y"))
                .setUnknownFields(NEWER)
                .build();
        return ModelProto.newBuilder()
                .setIrVersion(13)
                .addOpsetImport(OperatorSetIdProto.newBuilder()
                        .setDomain("")
                        .setVersion(21)
                        .setUnknownFields(NEWER))
                .setGraph(graph)
                .addTrainingInfo(TrainingInfoProto.newBuilder()
                        .setAlgorithm(GraphProto.newBuilder().setName("t")))
                .addConfiguration(
                        OnnxProto.DeviceConfigurationProto.newBuilder().setName("c"))
                .setUnknownFields(NEWER)
                .build();
    }

    @Test
    void aSparseInitializerDefinesItsName() {
        GraphProto graph = modelWithStrangeFields().getGraph().toBuilder()
                .setNode(
                        0,
                        NodeProto.newBuilder()
                                .setOpType("Identity")
                                .addInput("sparse")
                                .addOutput("y"))
                .build();
        assertThat(read(graph).graph().nodes()).hasSize(1);
    }

    @Test
    void typedFieldsBecomePackedBytes() {
        TensorProto.Builder floats =
                tensor(DataType.FLOAT, 2).addFloatData(1.5f).addFloatData(-2f);
        assertThat(decode(floats)).isEqualTo(TensorData.ofFloats(new float[] {1.5f, -2f}, 2));
        TensorProto.Builder bytes = tensor(DataType.INT8, 2).addInt32Data(-128).addInt32Data(127);
        assertThat(decode(bytes)).isEqualTo(TensorData.ofIntegers(DataType.INT8, new long[] {-128, 127}, 2));
        TensorProto.Builder unsigned = tensor(DataType.UINT32, 1).addUint64Data(0xFFFF_FFFFL);
        assertThat(decode(unsigned)).isEqualTo(TensorData.ofIntegers(DataType.UINT32, new long[] {0xFFFF_FFFFL}, 1));
        TensorProto.Builder complex =
                tensor(DataType.COMPLEX128, 1).addDoubleData(1).addDoubleData(2);
        assertThat(decode(complex).sizeBytes()).isEqualTo(16);
    }

    @Test
    void float16InInt32DataIsABitPattern() {
        TensorProto.Builder half =
                tensor(DataType.FLOAT16, 2).addInt32Data(0x3C00).addInt32Data(0xC000);
        assertThat(decode(half).bytes().toArray(ValueLayout.JAVA_BYTE)).containsExactly(0x00, 0x3C, 0x00, 0xC0);
    }

    @Test
    void int4InInt32DataIsPackedInPairs() {
        TensorProto.Builder nibbles =
                tensor(DataType.INT4, 3).addInt32Data(0xF1).addInt32Data(0x07);
        assertThat(decode(nibbles).toLongs()).containsExactly(1, -1, 7);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"STRING"},
            mode = EnumSource.Mode.EXCLUDE)
    void dataThatDoNotFillTheirDimensionsAreRefused(DataType type) {
        TensorProto.Builder claims = tensor(type, 1L << 40).setRawData(ByteString.copyFrom(new byte[16]));
        assertThatThrownBy(() -> decode(claims))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("initializer 'w'")
                .hasMessageContaining("found 16");
    }

    @Test
    void allProblemsAreListedAtOnce() {
        GraphProto graph = GraphProto.newBuilder()
                .addInput(ValueInfoProto.newBuilder().setName("x"))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Relu")
                        .addInput("late")
                        .addOutput("a"))
                .addNode(NodeProto.newBuilder()
                        .setName("n")
                        .setOpType("Relu")
                        .addInput("x")
                        .addOutput("late"))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Neg")
                        .addInput("nowhere")
                        .addOutput("a"))
                .addInitializer(tensor(DataType.FLOAT, -1).setName("w"))
                .addInitializer(tensor(DataType.FLOAT, 0).setName("v"))
                .addInitializer(tensor(DataType.FLOAT, 0).setName("v"))
                .addInitializer(tensor(DataType.FLOAT, 1L << 40)
                        .addDims(0)
                        .addDims(1L << 40)
                        .setName("empty"))
                .addInitializer(tensor(DataType.FLOAT, 1)
                        .addAllDims(Collections.nCopies(100_000, 1L))
                        .setName("deep"))
                .addInitializer(TensorProto.newBuilder().setName("u").setDataType(77))
                .addOutput(ValueInfoProto.newBuilder().setName("missing"))
                .build();
        InvalidInputException refused = catchThrowableOfType(InvalidInputException.class, () -> read(graph));
        assertThat(refused.problems())
                .containsExactlyInAnyOrder(
                        "model: initializer 'w': dimensions [-1]: none may be negative",
                        "model: initializer 'deep': has 100001 dimensions; expected at most 1000",
                        "model: initializer 'empty': dimensions [1099511627776, 0, 1099511627776] hold more elements"
                                + " than any memory",
                        "model: initializer 'v': the name is used by two initializers",
                        "model: initializer 'u': data type number 77 is unknown; expected 1 to 26",
                        "model: Relu 'a': reads 'late' before it is computed; nodes must stand in topological order,"
                                + " without cycles",
                        "model: Neg 'a': reads 'nowhere', which nothing defines",
                        "model: Neg 'a', output 'a': the name is already taken; each value is defined once",
                        "model: output 'missing': nothing computes it");
    }

    @Test
    void nodesWithoutTheInputsThatTheirOperatorsNeedAreRefused() {
        GraphProto graph = GraphProto.newBuilder()
                .addInput(ValueInfoProto.newBuilder().setName("x"))
                .addNode(NodeProto.newBuilder().setOpType("Add").addInput("x").addOutput("a"))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Where")
                        .addInput("x")
                        .addInput("")
                        .addInput("x")
                        .addOutput("b"))
                .addNode(NodeProto.newBuilder().setOpType("Relu").addInput("x"))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Einsum")
                        .addInput("x")
                        .addInput("")
                        .addOutput("e"))
                .addNode(NodeProto.newBuilder().setOpType("Clip").addInput("x").addOutput("c"))
                .addNode(
                        NodeProto.newBuilder().setOpType("Add").setDomain("own").addOutput("d"))
                .build();
        InvalidInputException refused = catchThrowableOfType(InvalidInputException.class, () -> read(graph));
        assertThat(refused.problems())
                .containsExactly(
                        "model: Add 'a': its input 1 is missing; Add needs at least 2",
                        "model: Where 'b': its input 1 is missing; Where needs at least 3",
                        "model: Relu '': has no output",
                        "model: Einsum 'e': its input 1 is missing; Einsum needs at least 2");
    }

    @Test
    void anAttributeThatStatesAnotherTypeThanItCarriesIsRefused() {
        AttributeProto attribute =
                AttributeProto.newBuilder().setName("a").setType(2).setF(1f).build();
        GraphProto graph = GraphProto.newBuilder()
                .addNode(NodeProto.newBuilder().setOpType("Op").addOutput("y").addAttribute(attribute))
                .build();
        assertThatThrownBy(() -> read(graph)).hasMessageContaining("states type INT but carries [FLOAT]");
    }

    @Test
    void anAttributeOfTheFirstIrVersionTakesTheTypeOfItsValue() {
        AttributeProto attribute =
                AttributeProto.newBuilder().setName("a").addInts(3).build();
        GraphProto graph = GraphProto.newBuilder()
                .addNode(NodeProto.newBuilder().setOpType("Op").addOutput("y").addAttribute(attribute))
                .build();
        assertThat(read(graph).graph().nodes().getFirst().attributes().get("a")).isEqualTo(Attribute.ofInts(3));
    }

    @Test
    void weightsAreViewsOfTheBytesThatWereRead() {
        byte[] bytes = modelWithStrangeFields().toByteArray();
        TensorData weights = Objects.requireNonNull(
                OnnxReader.read(bytes).graph().initializers().get("w"));
        assertThat(weights.floatAt(0)).isZero();
        Arrays.fill(bytes, (byte) 1);
        assertThat(weights.bytes().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
    }

    @Test
    void aFileBeyondTwoGibibytesIsRefusedBeforeItIsRead(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("large.onnx");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(3L << 30);
        }
        assertThatThrownBy(() -> OnnxReader.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("store its weights as external data");
    }

    @Test
    void somethingElseThanAModelIsRefused(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> OnnxReader.read(folder.resolve("none.onnx"))).hasMessageContaining("no such file");
        assertThatThrownBy(() -> OnnxReader.read(folder)).hasMessageContaining("is no regular file");
        Path empty = Files.createFile(folder.resolve("empty.onnx"));
        assertThatThrownBy(() -> OnnxReader.read(empty)).hasMessageContaining("holds no graph");
        Path text = Files.writeString(folder.resolve("text.onnx"), "This is a sentence.");
        assertThatThrownBy(() -> OnnxReader.read(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("text.onnx: truncated or not an ONNX model");
    }

    private static TensorProto.Builder tensor(DataType type, long dim) {
        return TensorProto.newBuilder().setDataType(type.number()).addDims(dim);
    }

    private static TensorData decode(TensorProto.Builder tensor) {
        GraphProto graph =
                GraphProto.newBuilder().addInitializer(tensor.setName("w")).build();
        return Objects.requireNonNull(read(graph).graph().initializers().get("w"));
    }

    private static Model read(GraphProto graph) {
        OperatorSetIdProto set =
                OperatorSetIdProto.newBuilder().setDomain("").setVersion(13).build();
        return OnnxReader.read(ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(set)
                .setGraph(graph)
                .build()
                .toByteArray());
    }
}
