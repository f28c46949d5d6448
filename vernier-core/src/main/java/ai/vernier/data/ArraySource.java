package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Samples from one array per model input, on disk or in memory.
final class ArraySource implements SampleSource {
    private final List<InputBinding> bindings;
    private final Runnable onClose;
    private final long size;

    private ArraySource(List<InputBinding> bindings, Runnable onClose) {
        this.bindings = List.copyOf(bindings);
        this.onClose = onClose;
        this.size = bindings.getFirst().array().size();
    }

    /// @param onClose run after the arrays are closed: closes a file that they share
    /// @throws InvalidInputException with all mismatches between arrays and inputs; everything is
    ///     closed then
    static ArraySource open(List<InputBinding> bindings, Runnable onClose) {
        if (bindings.isEmpty()) {
            throw new InvalidInputException("the model has no inputs, so that no data can be fed to it");
        }
        List<String> problems = new ArrayList<>();
        bindings.forEach(binding -> problems.addAll(binding.problems()));
        if (problems.isEmpty()) {
            problems.addAll(sizeProblems(bindings));
            problems.addAll(batchProblems(bindings));
        }
        ArraySource source = new ArraySource(bindings, onClose);
        if (!problems.isEmpty()) {
            source.close();
            throw new InvalidInputException(problems);
        }
        return source;
    }

    private static List<String> sizeProblems(List<InputBinding> bindings) {
        InputBinding reference = bindings.getFirst();
        return bindings.stream()
                .filter(binding -> binding.array().size() != reference.array().size())
                .map(binding -> "%s: holds %d samples, but %s holds %d; every input needs the same samples"
                        .formatted(
                                binding.array().place(),
                                binding.array().size(),
                                reference.array().place(),
                                reference.array().size()))
                .toList();
    }

    /// Inputs are fed the same samples at a time: all of them the fixed batch, or one where an array holds whole
    /// inputs.
    private static List<String> batchProblems(List<InputBinding> bindings) {
        List<InputBinding> fixed = bindings.stream()
                .filter(binding -> binding.fixedBatch().isPresent())
                .toList();
        if (fixed.isEmpty()) {
            return List.of();
        }
        boolean oneByOne = bindings.stream().anyMatch(InputBinding::feedsWholeInputs);
        int batch = oneByOne ? 1 : fixed.getFirst().fixedBatch().orElseThrow();
        return fixed.stream()
                .filter(binding -> binding.fixedBatch().orElseThrow() != batch)
                .map(binding -> binding.otherBatch(batch))
                .toList();
    }

    @Override
    public List<String> inputNames() {
        return bindings.stream().map(binding -> binding.input().name()).toList();
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int maxBatch() {
        if (bindings.stream().anyMatch(InputBinding::feedsWholeInputs)) {
            return 1;
        }
        return bindings.stream()
                .flatMapToInt(binding -> binding.fixedBatch().stream())
                .findFirst()
                .orElse(Integer.MAX_VALUE);
    }

    @Override
    public Batch read(long first, int count) {
        Objects.checkFromIndexSize(first, count, size);
        if (count > 1 && bindings.stream().anyMatch(InputBinding::feedsWholeInputs)) {
            throw new IllegalArgumentException("an input has no batch axis, cannot read %d samples".formatted(count));
        }
        List<String> problems = new ArrayList<>();
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        for (InputBinding binding : bindings) {
            inputs.put(binding.input().name(), binding.read(first, count, problems));
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
        return new Batch(first, count, inputs);
    }

    @Override
    public void close() {
        bindings.forEach(binding -> binding.array().close());
        onClose.run();
    }
}
