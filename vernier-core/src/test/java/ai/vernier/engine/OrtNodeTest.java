package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OrtNodeTest {
    private static final Node MAX = Node.of("", "Max", List.of("x", "y"), List.of("z"));
    private static final Model MODEL =
            Model.of(new Graph("", List.of(), List.of(), List.of(), Map.of(), List.of(), Details.NONE), 13);

    @ParameterizedTest
    @EnumSource(names = {"UINT32", "UINT64", "INT64", "INT32", "UINT8", "INT8"})
    void integersOfEveryWidthReachOnnxRuntimeAndComeBack(DataType type) {
        long top = type.isSigned() ? (1L << (type.bits() - 1)) - 1 : -1L >>> (64 - type.bits());
        TensorData x = TensorData.ofIntegers(type, new long[] {1, top, 3}, 3);
        TensorData y = TensorData.ofIntegers(type, new long[] {2, 2, 2}, 3);
        NodeView view = new NodeView(MAX, 13, _ -> Optional.empty(), _ -> Optional.of(type));
        try (OrtNode op = new OrtNode(view, MODEL);
                PointerScope _ = new PointerScope()) {
            Tensor[] fed = {HostTransfer.toTensor(x), HostTransfer.toTensor(y)};
            Tensor z = op.run(new Inputs(fed, new long[2][], null))[0];
            assertThat(HostTransfer.toHost(z, type)).isEqualTo(TensorData.ofIntegers(type, new long[] {2, top, 3}, 3));
        }
    }
}
