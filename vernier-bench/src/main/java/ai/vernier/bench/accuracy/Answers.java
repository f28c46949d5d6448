package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.Difference;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// What one network answered to a task's questions, and what that is worth.
record Answers(Task task, List<Map<String, TensorData>> outputs, List<Measure> measures) {
    static Answers of(Task task, List<Map<String, TensorData>> outputs) throws IOException {
        return new Answers(task, outputs, task.measures(outputs));
    }

    /// How often both decide alike.
    Agreement agreement(Answers other) {
        Agreement sum = Agreement.NONE;
        for (int i = 0; i < outputs.size(); i++) {
            sum = sum.merge(task.agreement(outputs.get(i), other.outputs.get(i)));
        }
        return sum;
    }

    /// The difference of the first outputs.
    Difference difference(Answers other) {
        Difference sum = Difference.NONE;
        for (int i = 0; i < outputs.size(); i++) {
            sum = sum.merge(Difference.of(Task.first(outputs.get(i)), Task.first(other.outputs.get(i))));
        }
        return sum;
    }
}
