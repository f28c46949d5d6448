package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.AttributeProto;
import ai.vernier.onnx.io.OnnxProto.AttributeProto.AttributeType;
import ai.vernier.onnx.io.OnnxProto.FunctionProto;
import ai.vernier.onnx.io.OnnxProto.GraphProto;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import ai.vernier.onnx.io.OnnxProto.NodeProto;
import ai.vernier.onnx.io.OnnxProto.OperatorSetIdProto;
import ai.vernier.onnx.io.OnnxProto.StringStringEntryProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// [Model] → the content of a file.
final class ModelEncoder {
    private final TensorEncoder tensors;

    ModelEncoder(TensorEncoder tensors) {
        this.tensors = tensors;
    }

    ModelFile file(Model model) {
        List<ModelFile.Weight> weights = new ArrayList<>();
        model.graph().initializers().forEach((name, tensor) -> weights.add(tensors.weight(name, tensor)));
        return ModelFile.of(withoutGraph(model), graph(model.graph().withInitializers(Map.of())), weights);
    }

    private ModelProto withoutGraph(Model model) {
        ModelProto.Builder builder = Metadata.restore(ModelProto.newBuilder(), model.details());
        List<OperatorSetIdProto> extendedSets = List.copyOf(builder.getOpsetImportList());
        List<StringStringEntryProto> extended = List.copyOf(builder.getMetadataPropsList());
        setText(model.producer().name(), builder::setProducerName);
        setText(model.producer().version(), builder::setProducerVersion);
        setText(model.producer().domain(), builder::setDomain);
        setText(model.details().docString(), builder::setDocString);
        if (model.producer().modelVersion() != 0) {
            builder.setModelVersion(model.producer().modelVersion());
        }
        model.functions().forEach(function -> builder.addFunctions(function(function)));
        return builder.setIrVersion(model.irVersion())
                .clearOpsetImport()
                .addAllOpsetImport(operatorSets(model.operatorSets(), extendedSets))
                .clearMetadataProps()
                .addAllMetadataProps(Metadata.entries(model.details().metadata(), extended))
                .build();
    }

    private static List<OperatorSetIdProto> operatorSets(List<OperatorSet> sets, List<OperatorSetIdProto> extended) {
        return sets.stream()
                .map(set -> extended.stream()
                        .filter(kept -> kept.getDomain().equals(set.domain()) && kept.getVersion() == set.version())
                        .findFirst()
                        .orElseGet(() -> OperatorSetIdProto.newBuilder()
                                .setDomain(set.domain())
                                .setVersion(set.version())
                                .build()))
                .toList();
    }

    private GraphProto graph(Graph graph) {
        GraphProto.Builder builder = Metadata.restore(GraphProto.newBuilder(), graph.details());
        List<StringStringEntryProto> extended = List.copyOf(builder.getMetadataPropsList());
        setText(graph.details().docString(), builder::setDocString);
        graph.nodes().forEach(node -> builder.addNode(node(node)));
        graph.initializers().forEach((name, tensor) -> builder.addInitializer(tensors.initializer(name, tensor)));
        return builder.setName(graph.name())
                .addAllInput(graph.inputs().stream().map(Types::encode).toList())
                .addAllOutput(graph.outputs().stream().map(Types::encode).toList())
                .addAllValueInfo(graph.valueInfos().stream().map(Types::encode).toList())
                .clearMetadataProps()
                .addAllMetadataProps(Metadata.entries(graph.details().metadata(), extended))
                .build();
    }

    private FunctionProto function(Function function) {
        Details details = function.details();
        FunctionProto.Builder builder = Metadata.restore(FunctionProto.newBuilder(), details);
        List<AttributeProto> kept = List.copyOf(builder.getAttributeProtoList());
        List<OperatorSetIdProto> extendedSets = List.copyOf(builder.getOpsetImportList());
        List<StringStringEntryProto> extended = List.copyOf(builder.getMetadataPropsList());
        setText(details.docString(), builder::setDocString);
        setText(function.overload(), builder::setOverload);
        function.nodes().forEach(node -> builder.addNode(node(node)));
        return builder.setName(function.name())
                .setDomain(function.domain())
                .addAllInput(function.inputs())
                .addAllOutput(function.outputs())
                .addAllAttribute(function.attributes())
                .clearAttributeProto()
                .addAllAttributeProto(attributes(function.attributeDefaults(), kept))
                .clearOpsetImport()
                .addAllOpsetImport(operatorSets(function.operatorSets(), extendedSets))
                .addAllValueInfo(
                        function.valueInfos().stream().map(Types::encode).toList())
                .clearMetadataProps()
                .addAllMetadataProps(Metadata.entries(details.metadata(), extended))
                .build();
    }

    private NodeProto node(Node node) {
        NodeProto.Builder builder = Metadata.restore(NodeProto.newBuilder(), node.details());
        List<AttributeProto> kept = List.copyOf(builder.getAttributeList());
        List<StringStringEntryProto> extended = List.copyOf(builder.getMetadataPropsList());
        setText(node.name(), builder::setName);
        setText(node.domain(), builder::setDomain);
        setText(node.overload(), builder::setOverload);
        setText(node.details().docString(), builder::setDocString);
        return builder.setOpType(node.opType())
                .addAllInput(node.inputs())
                .addAllOutput(node.outputs())
                .clearAttribute()
                .addAllAttribute(attributes(node.attributes(), kept))
                .clearMetadataProps()
                .addAllMetadataProps(Metadata.entries(node.details().metadata(), extended))
                .build();
    }

    /// @param kept what reading kept of attributes beside their values, by name
    private List<AttributeProto> attributes(Map<String, Attribute> attributes, List<AttributeProto> kept) {
        return attributes.entrySet().stream()
                .map(entry -> {
                    AttributeProto.Builder builder = AttributeProto.newBuilder();
                    kept.stream()
                            .filter(remainder -> remainder.getName().equals(entry.getKey()))
                            .forEach(builder::mergeFrom);
                    return attribute(entry.getValue(), builder)
                            .setName(entry.getKey())
                            .build();
                })
                .toList();
    }

    private AttributeProto.Builder attribute(Attribute attribute, AttributeProto.Builder to) {
        return switch (attribute) {
            case Attribute.FloatValue(float value) ->
                typed(to, AttributeType.FLOAT).setF(value);
            case Attribute.IntValue(long value) -> typed(to, AttributeType.INT).setI(value);
            case Attribute.StringValue(Bytes value) ->
                typed(to, AttributeType.STRING).setS(string(value));
            case Attribute.TensorValue(TensorData value) ->
                typed(to, AttributeType.TENSOR).setT(tensors.attribute(value));
            case Attribute.GraphValue(Graph value) ->
                typed(to, AttributeType.GRAPH).setG(graph(value));
            case Attribute.FloatsValue(List<Float> values) ->
                typed(to, AttributeType.FLOATS).addAllFloats(values);
            case Attribute.IntsValue(List<Long> values) ->
                typed(to, AttributeType.INTS).addAllInts(values);
            case Attribute.StringsValue(List<Bytes> values) ->
                typed(to, AttributeType.STRINGS)
                        .addAllStrings(values.stream().map(ModelEncoder::string).toList());
            case Attribute.TensorsValue(List<TensorData> values) ->
                typed(to, AttributeType.TENSORS)
                        .addAllTensors(values.stream().map(tensors::attribute).toList());
            case Attribute.GraphsValue(List<Graph> values) ->
                typed(to, AttributeType.GRAPHS)
                        .addAllGraphs(values.stream().map(this::graph).toList());
            case Attribute.Reference(String name, int typeNumber) ->
                to.setRefAttrName(name).setType(typeNumber);
            case Attribute.OpaqueValue(Bytes encoded) -> Metadata.restore(to.clear(), encoded);
        };
    }

    private static AttributeProto.Builder typed(AttributeProto.Builder builder, AttributeType type) {
        return builder.setType(type.getNumber());
    }

    private static ByteString string(Bytes bytes) {
        return UnsafeByteOperations.unsafeWrap(bytes.toByteArray());
    }

    /// Sets a field, where there is something to say.
    private static void setText(String text, Consumer<String> setter) {
        if (!text.isEmpty()) {
            setter.accept(text);
        }
    }
}
