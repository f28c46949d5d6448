package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Producer;
import ai.vernier.onnx.io.OnnxProto.AttributeProto;
import ai.vernier.onnx.io.OnnxProto.FunctionProto;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import ai.vernier.onnx.io.OnnxProto.OperatorSetIdProto;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `ModelProto` → [Model].
final class ModelDecoder {
    /// The first IR version in which a model names its operator sets.
    private static final long FIRST_WITH_OPERATOR_SETS = 3;

    private final GraphDecoder graphs;
    private final Problems problems;

    ModelDecoder(TensorDecoder tensors, Problems problems) {
        this.graphs = new GraphDecoder(tensors, problems);
        this.problems = problems;
    }

    Model model(ModelProto proto) {
        checkHeader(proto);
        ModelProto remainder = ModelProto.newBuilder()
                .addAllTrainingInfo(proto.getTrainingInfoList())
                .addAllConfiguration(proto.getConfigurationList())
                .addAllOpsetImport(extended(proto.getOpsetImportList()))
                .addAllMetadataProps(Metadata.extended(proto.getMetadataPropsList()))
                .setUnknownFields(proto.getUnknownFields())
                .build();
        Graph graph = graphs.graph(proto.getGraph(), "");
        return new Model(
                proto.getIrVersion(),
                operatorSets(proto.getOpsetImportList()),
                new Producer(
                        proto.getProducerName(),
                        proto.getProducerVersion(),
                        proto.getDomain(),
                        proto.getModelVersion()),
                graph,
                proto.getFunctionsList().stream().map(this::function).toList(),
                Metadata.details(proto.getDocString(), proto.getMetadataPropsList(), remainder));
    }

    private void checkHeader(ModelProto proto) {
        if (!proto.hasGraph()) {
            problems.add("", "holds no graph; is this an ONNX model?");
        }
        if (proto.getIrVersion() < 1) {
            problems.add("", "ir_version is %d; expected 1 or more".formatted(proto.getIrVersion()));
        }
        if (proto.getIrVersion() >= FIRST_WITH_OPERATOR_SETS && proto.getOpsetImportCount() == 0) {
            problems.add("", "names no operator set (opset_import)");
        }
    }

    private Function function(FunctionProto proto) {
        String place = "function '" + proto.getName() + "'";
        FunctionProto.Builder remainder = FunctionProto.newBuilder()
                .addAllOpsetImport(extended(proto.getOpsetImportList()))
                .addAllMetadataProps(Metadata.extended(proto.getMetadataPropsList()))
                .setUnknownFields(proto.getUnknownFields());
        Map<String, Attribute> defaults = new LinkedHashMap<>();
        for (AttributeProto attribute : proto.getAttributeProtoList()) {
            graphs.add(attribute, defaults, place);
            GraphDecoder.remainder(attribute).ifPresent(remainder::addAttributeProto);
        }
        return new Function(
                proto.getDomain(),
                proto.getName(),
                proto.getOverload(),
                proto.getInputList(),
                proto.getOutputList(),
                proto.getAttributeList(),
                defaults,
                graphs.nodes(proto.getNodeList(), place),
                operatorSets(proto.getOpsetImportList()),
                proto.getValueInfoList().stream().map(Types::decode).toList(),
                Metadata.details(proto.getDocString(), proto.getMetadataPropsList(), remainder.build()));
    }

    private static List<OperatorSet> operatorSets(List<OperatorSetIdProto> protos) {
        return protos.stream()
                .map(proto -> new OperatorSet(proto.getDomain(), proto.getVersion()))
                .toList();
    }

    private static List<OperatorSetIdProto> extended(List<OperatorSetIdProto> protos) {
        return protos.stream()
                .filter(proto -> !proto.getUnknownFields().asMap().isEmpty())
                .toList();
    }
}
