package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Matrix products.
final class MatrixOps {
    private MatrixOps() {}

    static void register(OpTable ops) {
        ops.bind("MatMul", 1, MatrixOps::matMul);
        ops.bind("Gemm", 1, MatrixOps::gemm);
        ops.add("Det", 11, (_, in) -> torch.linalg_det(in.at(0)));
        ops.add("Einsum", 12, (node, in) -> {
            TensorVector operands = new TensorVector(in.size());
            for (int i = 0; i < in.size(); i++) {
                operands.put(i, in.at(i));
            }
            return torch.einsum(node.text("equation", "").replace(" ", ""), operands);
        });
    }

    private static BoundOp matMul(NodeView node) {
        return node.constant(1)
                .filter(weight -> weight.rank() == 2 && weight.dataType() == DataType.FLOAT)
                .<BoundOp>map(weight -> new LinearOp(node, weight, false))
                .or(() -> node.xnnpack().map(BatchedProduct::new))
                .orElse(in -> new Tensor[] {torch.matmul(in.at(0), in.at(1))});
    }

    /// Products of integers with a factor lose its fraction in the end.
    private static Tensor scaled(Tensor x, double factor) {
        if (factor == 1) {
            return x;
        }
        return x.is_floating_point()
                ? x.mul(new Scalar(factor))
                : x.to(ScalarType.Double).mul(new Scalar(factor)).to(x.scalar_type());
    }

    /// y = alpha · A' · B' + beta · C
    private static BoundOp gemm(NodeView node) {
        double alpha = node.real("alpha", 1);
        double beta = node.real("beta", 1);
        boolean transposeA = node.flag("transA", false);
        boolean transposeB = node.flag("transB", false);
        boolean plain = alpha == 1 && beta == 1 && !transposeA;
        return node.constant(1)
                .filter(weight -> plain && weight.rank() == 2 && weight.dataType() == DataType.FLOAT)
                .<BoundOp>map(weight -> new LinearOp(node, weight, transposeB))
                .orElse(in -> {
                    Tensor a = transposeA ? in.at(0).t() : in.at(0);
                    Tensor product = torch.matmul(a, transposeB ? in.at(1).t() : in.at(1));
                    Tensor scaled = scaled(product, alpha);
                    return new Tensor[] {in.has(2) ? scaled.add(scaled(in.at(2), beta)) : scaled};
                });
    }
}
