package ai.vernier.data;

import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// What a model has to be fed: its inputs without a default, in the model's order.
public record ModelInputs(List<Value> values) {
    public ModelInputs {
        values = List.copyOf(values);
    }

    public static ModelInputs of(Model model) {
        return new ModelInputs(model.graph().requiredInputs());
    }

    public List<String> names() {
        return values.stream().map(Value::name).toList();
    }

    /// The number that the model fixes for axis 0 of all its inputs: the batch size it insists on.
    /// Empty where it is free or the inputs disagree.
    public OptionalInt fixedBatch() {
        List<Long> firsts =
                values.stream().map(ModelInputs::firstExtent).distinct().toList();
        return firsts.size() == 1 && firsts.getFirst() > 0
                ? OptionalInt.of(Math.toIntExact(firsts.getFirst()))
                : OptionalInt.empty();
    }

    private static long firstExtent(Value value) {
        return value.shape()
                .filter(shape -> shape.rank() > 0)
                .map(shape -> shape.dimensions().getFirst())
                .map(extent -> extent instanceof Dimension.Known(long size) ? size : -1L)
                .orElse(-1L);
    }

    /// `'input' float[N,3,224,224], 'state' float[2,1,128]`.
    @Override
    public String toString() {
        return values.stream().map(ModelInputs::text).collect(Collectors.joining(", "));
    }

    static String text(Value value) {
        String type = value.elementType().map(element -> element.text()).orElse("no tensor");
        return "'%s' %s%s"
                .formatted(
                        value.name(), type, value.shape().map(Shape::toString).orElse(""));
    }
}
