package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import java.util.function.Function;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Operators that draw random numbers. Every node has a generator of its own, seeded by the attribute or else by the
/// node's name, so that a freshly compiled model always draws the same sequence.
final class RandomOps {
    private RandomOps() {}

    static void register(OpTable ops) {
        drawing(ops, "RandomNormal", 1, (draw, _) -> normal(draw, draw.node.integers("shape")));
        drawing(ops, "RandomNormalLike", 1, (draw, in) -> normal(draw, HostTransfer.sizes(in.at(0))));
        drawing(ops, "RandomUniform", 1, (draw, _) -> uniform(draw, draw.node.integers("shape")));
        drawing(ops, "RandomUniformLike", 1, (draw, in) -> uniform(draw, HostTransfer.sizes(in.at(0))));
        drawing(ops, "Bernoulli", 15, (draw, in) -> torch.bernoulli(in.at(0), draw.generator()));
        drawing(ops, "Multinomial", 7, (draw, in) -> {
            Tensor probabilities = torch.softmax(in.at(0).to(ScalarType.Float), 1);
            return torch.multinomial(probabilities, draw.node.integer("sample_size", 1), true, draw.generator());
        });
        ops.bind("Dropout", 1, node -> bound(node, draw -> in -> dropout(draw, in)));
    }

    @FunctionalInterface
    private interface Drawing {
        Tensor apply(Draw draw, Inputs in);
    }

    private static void drawing(OpTable ops, String type, long since, Drawing formula) {
        ops.bind(
                type, since, node -> bound(node, draw -> in -> new Tensor[] {draw.typed(formula.apply(draw, in), in)}));
    }

    private static BoundOp bound(NodeView node, Function<Draw, BoundOp> formula) {
        Generator generator = torch.make_generator_cpu(seed(node));
        generator.retainReference();
        BoundOp op = formula.apply(new Draw(node, generator));
        return new BoundOp() {
            @Override
            public Tensor[] run(Inputs in) {
                return op.run(in);
            }

            @Override
            public boolean isRepeatable() {
                return false;
            }

            @Override
            public void close() {
                generator.close();
            }
        };
    }

    private static long seed(NodeView node) {
        Attribute stated = node.node().attributes().get("seed");
        return stated == null ? node.node().outputs().hashCode() : stated.hashCode();
    }

    private record Draw(NodeView node, Generator source) {
        GeneratorOptional generator() {
            return new GeneratorOptional(source);
        }

        /// The numbers in the type that the node asks for.
        Tensor typed(Tensor drawn, Inputs in) {
            DataType otherwise = switch (node.node().opType()) {
                case "Multinomial" -> DataType.INT32;
                case "RandomNormal", "RandomUniform" -> DataType.FLOAT;
                default -> HostTransfer.typeOf(in.at(0));
            };
            DataType type = DataType.ofNumber((int) node.integer("dtype", 0)).orElse(otherwise);
            return drawn.to(HostTransfer.carrier(type));
        }
    }

    private static Tensor normal(Draw draw, long[] shape) {
        Tensor standard = torch.randn(shape, draw.generator(), new TensorOptions(ScalarType.Float));
        return standard.mul(new Scalar(draw.node.real("scale", 1))).add(new Scalar(draw.node.real("mean", 0)));
    }

    private static Tensor uniform(Draw draw, long[] shape) {
        double low = draw.node.real("low", 0);
        double width = draw.node.real("high", 1) - low;
        Tensor unit = torch.rand(shape, draw.generator(), new TensorOptions(ScalarType.Float));
        return unit.mul(new Scalar(width)).add(new Scalar(low));
    }

    /// Inference: the input itself, and a mask that keeps everything. Training: a share of `ratio` becomes 0, the rest
    /// is scaled up to keep the mean.
    private static Tensor[] dropout(Draw draw, Inputs in) {
        Tensor x = in.at(0);
        boolean training = in.has(2) && in.at(2).item_bool();
        double ratio = in.has(1) ? in.at(1).item().toDouble() : 0.5;
        Tensor kept = torch.ones(HostTransfer.sizes(x), new TensorOptions(ScalarType.Float));
        Tensor y = x;
        if (training && ratio > 0) {
            kept = torch.bernoulli(kept.mul(new Scalar(1 - ratio)), draw.generator());
            Tensor scaled = kept.mul(new Scalar(ratio < 1 ? 1 / (1 - ratio) : 0));
            y = x.mul(scaled.to(x.scalar_type()));
        }
        if (!draw.node.wantsOutput(1)) {
            return new Tensor[] {y};
        }
        return new Tensor[] {y, kept.to(draw.node.opset() < 10 ? x.scalar_type() : ScalarType.Bool)};
    }
}
