package ai.vernier.data;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import java.util.List;
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

    /// `'input' float[N,3,224,224], 'state' float[2,1,128]`.
    @Override
    public String toString() {
        return values.stream().map(ModelInputs::text).collect(Collectors.joining(", "));
    }

    /// `'input' float[N,3,224,224]`.
    public static String text(Value value) {
        String type = value.elementType().map(element -> element.text()).orElse("no tensor");
        return "'%s' %s%s"
                .formatted(
                        value.name(), type, value.shape().map(Shape::toString).orElse(""));
    }
}
