package ai.vernier.bench.opsets;

import java.util.ArrayList;
import java.util.List;

/// All operators that are examined, family by family.
final class Operators {
    private final List<Operator> all = new ArrayList<>();

    static List<Operator> all() {
        Operators operators = new Operators();
        UnaryFamily.register(operators);
        BinaryFamily.register(operators);
        ReductionFamily.register(operators);
        ShapeFamily.register(operators);
        IndexFamily.register(operators);
        WindowFamily.register(operators);
        NormalizationFamily.register(operators);
        MatrixFamily.register(operators);
        QuantizedFamily.register(operators);
        ResizeFamily.register(operators);
        RecurrentFamily.register(operators);
        SignalFamily.register(operators);
        VisionFamily.register(operators);
        AttentionFamily.register(operators);
        CreationFamily.register(operators);
        ControlFamily.register(operators);
        return List.copyOf(operators.all);
    }

    /// @param since separated by blanks
    void add(String type, String since, Operator.Drawing drawing) {
        String[] numbers = since.split(" ", -1);
        long[] versions = new long[numbers.length];
        for (int i = 0; i < versions.length; i++) {
            versions[i] = Long.parseLong(numbers[i]);
        }
        all.add(new Operator(type, versions, drawing));
    }
}
