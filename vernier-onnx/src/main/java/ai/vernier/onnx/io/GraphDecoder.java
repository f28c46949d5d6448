package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.AttributeProto;
import ai.vernier.onnx.io.OnnxProto.AttributeProto.AttributeType;
import ai.vernier.onnx.io.OnnxProto.GraphProto;
import ai.vernier.onnx.io.OnnxProto.NodeProto;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import com.google.protobuf.ByteString;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// `GraphProto`, `NodeProto` and `AttributeProto` → [Graph], [Node] and [Attribute].
final class GraphDecoder {
    private final TensorDecoder tensors;
    private final Problems problems;

    GraphDecoder(TensorDecoder tensors, Problems problems) {
        this.tensors = tensors;
        this.problems = problems;
    }

    /// @param place where the graph stands, empty for the model's own
    Graph graph(GraphProto proto, String place) {
        GraphProto remainder = GraphProto.newBuilder()
                .addAllQuantizationAnnotation(proto.getQuantizationAnnotationList())
                .addAllSparseInitializer(proto.getSparseInitializerList())
                .addAllMetadataProps(Metadata.extended(proto.getMetadataPropsList()))
                .setUnknownFields(proto.getUnknownFields())
                .build();
        return new Graph(
                proto.getName(),
                proto.getInputList().stream().map(Types::decode).toList(),
                proto.getOutputList().stream().map(Types::decode).toList(),
                nodes(proto.getNodeList(), place),
                initializers(proto.getInitializerList(), place),
                proto.getValueInfoList().stream().map(Types::decode).toList(),
                Metadata.details(proto.getDocString(), proto.getMetadataPropsList(), remainder));
    }

    private Map<String, TensorData> initializers(List<TensorProto> protos, String place) {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        for (TensorProto proto : protos) {
            String here = within(place, "initializer '" + proto.getName() + "'");
            if (proto.getName().isEmpty()) {
                problems.add(here, "has no name");
            }
            if (initializers.put(proto.getName(), tensors.initializer(proto, here)) != null) {
                problems.add(here, "the name is used by two initializers");
            }
        }
        return initializers;
    }

    List<Node> nodes(List<NodeProto> protos, String place) {
        return protos.stream().map(proto -> node(proto, place)).toList();
    }

    private Node node(NodeProto proto, String place) {
        NodeProto.Builder remainder = NodeProto.newBuilder()
                .addAllDeviceConfigurations(proto.getDeviceConfigurationsList())
                .addAllMetadataProps(Metadata.extended(proto.getMetadataPropsList()))
                .setUnknownFields(proto.getUnknownFields());
        Node bare = new Node(
                proto.getName(),
                proto.getOpType(),
                proto.getDomain(),
                proto.getOverload(),
                proto.getInputList(),
                proto.getOutputList(),
                Map.of(),
                Details.NONE);
        String here = within(place, bare.label());
        if (proto.getOpType().isEmpty()) {
            problems.add(here, "has no operator type");
        }
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        for (AttributeProto attribute : proto.getAttributeList()) {
            add(attribute, attributes, here);
            remainder(attribute).ifPresent(remainder::addAttribute);
        }
        return new Node(
                bare.name(),
                bare.opType(),
                bare.domain(),
                bare.overload(),
                bare.inputs(),
                bare.outputs(),
                attributes,
                Metadata.details(proto.getDocString(), proto.getMetadataPropsList(), remainder.build()));
    }

    /// What an attribute says beside its value. It has no details of its own: they are kept with its owner's.
    static Optional<AttributeProto> remainder(AttributeProto attribute) {
        AttributeProto remainder = AttributeProto.newBuilder()
                .setName(attribute.getName())
                .setDocString(attribute.getDocString())
                .setUnknownFields(attribute.getUnknownFields())
                .build();
        boolean more = attribute.hasDocString()
                || !attribute.getUnknownFields().asMap().isEmpty();
        return more && !isOpaque(attribute) ? Optional.of(remainder) : Optional.empty();
    }

    /// Decodes `proto` into `attributes`.
    void add(AttributeProto proto, Map<String, Attribute> attributes, String place) {
        String here = within(place, "attribute '" + proto.getName() + "'");
        if (proto.getName().isEmpty()) {
            problems.add(here, "has no name");
        }
        if (attributes.put(proto.getName(), attribute(proto, here)) != null) {
            problems.add(here, "is given twice");
        }
    }

    static boolean isOpaque(AttributeProto proto) {
        return proto.getRefAttrName().isEmpty()
                && switch (AttributeType.forNumber(proto.getType())) {
                    case SPARSE_TENSOR, SPARSE_TENSORS, TYPE_PROTO, TYPE_PROTOS -> true;
                    case UNDEFINED, FLOAT, INT, STRING, TENSOR, GRAPH, FLOATS, INTS, STRINGS, TENSORS, GRAPHS -> false;
                    case null -> true;
                };
    }

    private Attribute attribute(AttributeProto proto, String place) {
        if (!proto.getRefAttrName().isEmpty()) {
            return new Attribute.Reference(proto.getRefAttrName(), proto.getType());
        }
        if (isOpaque(proto)) {
            return opaque(proto);
        }
        Set<AttributeType> found = typesWithData(proto);
        AttributeType stated = AttributeType.forNumber(proto.getType());
        // Files of IR version 1 state no type.
        AttributeType type = stated == AttributeType.UNDEFINED && found.size() == 1
                ? found.iterator().next()
                : stated;
        found.remove(type);
        if (!found.isEmpty() || type == AttributeType.UNDEFINED) {
            problems.add(place, "states type %s but carries %s".formatted(stated, found.isEmpty() ? "nothing" : found));
        }
        return value(proto, type, place);
    }

    private static Set<AttributeType> typesWithData(AttributeProto proto) {
        Set<AttributeType> found = EnumSet.noneOf(AttributeType.class);
        for (var field : proto.getAllFields().keySet()) {
            switch (field.getNumber()) {
                case AttributeProto.F_FIELD_NUMBER -> found.add(AttributeType.FLOAT);
                case AttributeProto.I_FIELD_NUMBER -> found.add(AttributeType.INT);
                case AttributeProto.S_FIELD_NUMBER -> found.add(AttributeType.STRING);
                case AttributeProto.T_FIELD_NUMBER -> found.add(AttributeType.TENSOR);
                case AttributeProto.G_FIELD_NUMBER -> found.add(AttributeType.GRAPH);
                case AttributeProto.FLOATS_FIELD_NUMBER -> found.add(AttributeType.FLOATS);
                case AttributeProto.INTS_FIELD_NUMBER -> found.add(AttributeType.INTS);
                case AttributeProto.STRINGS_FIELD_NUMBER -> found.add(AttributeType.STRINGS);
                case AttributeProto.TENSORS_FIELD_NUMBER -> found.add(AttributeType.TENSORS);
                case AttributeProto.GRAPHS_FIELD_NUMBER -> found.add(AttributeType.GRAPHS);
                default -> {}
            }
        }
        return found;
    }

    private Attribute value(AttributeProto proto, AttributeType type, String place) {
        return switch (type) {
            case FLOAT -> new Attribute.FloatValue(proto.getF());
            case INT -> new Attribute.IntValue(proto.getI());
            case STRING -> new Attribute.StringValue(bytes(proto.getS()));
            case TENSOR -> new Attribute.TensorValue(tensors.decode(proto.getT(), place));
            case GRAPH -> new Attribute.GraphValue(graph(proto.getG(), place));
            case FLOATS -> new Attribute.FloatsValue(proto.getFloatsList());
            case INTS -> new Attribute.IntsValue(proto.getIntsList());
            case STRINGS ->
                new Attribute.StringsValue(
                        proto.getStringsList().stream().map(GraphDecoder::bytes).toList());
            case TENSORS ->
                new Attribute.TensorsValue(proto.getTensorsList().stream()
                        .map(tensor -> tensors.decode(tensor, place))
                        .toList());
            case GRAPHS ->
                new Attribute.GraphsValue(proto.getGraphsList().stream()
                        .map(graph -> graph(graph, place))
                        .toList());
            case UNDEFINED, SPARSE_TENSOR, SPARSE_TENSORS, TYPE_PROTO, TYPE_PROTOS -> opaque(proto);
        };
    }

    /// Without the name, which is the key.
    private static Attribute opaque(AttributeProto proto) {
        return new Attribute.OpaqueValue(
                Bytes.of(proto.toBuilder().clearName().build().toByteArray()));
    }

    private static Bytes bytes(ByteString string) {
        return Bytes.of(string.toByteArray());
    }

    static String within(String place, String part) {
        return place.isEmpty() ? part : place + ", " + part;
    }
}
