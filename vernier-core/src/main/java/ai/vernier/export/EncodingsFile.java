package ai.vernier.export;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.recipe.Decision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The content of an encodings file in AIMET's format 1.0.0, which QNN and QAIRT take as `--quantization_overrides`.
///
/// Offsets are those of unsigned codes, also for signed grids: a symmetric int8 weight has offset −128, an int32 bias
/// −2147483648.
///
/// @param producerVersion version of the tool that wrote the file; empty where it is not stated
/// @param quantizerArgs informational settings, in file order
/// @param excludedLayers names of layers whose weights stay in floating point
/// @param activations graph inputs and outputs of nodes
/// @param parameters weights and biases
public record EncodingsFile(
        String producerVersion,
        Map<String, Object> quantizerArgs,
        List<String> excludedLayers,
        List<EncodingEntry> activations,
        List<EncodingEntry> parameters) {
    /// The format version that is written and read.
    public static final String VERSION = "1.0.0";

    private static final Set<String> LAYERS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

    public EncodingsFile {
        quantizerArgs = Collections.unmodifiableMap(new LinkedHashMap<>(quantizerArgs));
        excludedLayers = List.copyOf(excludedLayers);
        activations = List.copyOf(activations);
        parameters = List.copyOf(parameters);
    }

    /// What `quantized` says, in the order of its encodings.
    public static EncodingsFile of(QuantizedModel quantized, String producerVersion) {
        Graph graph = quantized.model().graph();
        List<EncodingEntry> activations = new ArrayList<>();
        List<EncodingEntry> parameters = new ArrayList<>();
        quantized.encodings().forEach((tensor, encoding) -> {
            TensorData initializer = graph.initializers().get(tensor);
            if (initializer == null) {
                activations.add(EncodingEntry.of(tensor, encoding));
            } else {
                parameters.add(EncodingEntry.of(tensor, encoding, initializer.dims()));
            }
        });
        return new EncodingsFile(
                producerVersion, quantizerArgs(quantized), excluded(quantized), activations, parameters);
    }

    private static List<String> excluded(QuantizedModel quantized) {
        Graph graph = quantized.model().graph();
        return graph.nodes().stream()
                .filter(node -> LAYERS.contains(node.opType()) && node.domain().isEmpty())
                .filter(node -> node.input(1)
                        .filter(weight -> graph.initializers().containsKey(weight))
                        .filter(weight -> !quantized.encodings().containsKey(weight))
                        .isPresent())
                .map(EncodingsFile::layerName)
                .toList();
    }

    private static String layerName(Node node) {
        return node.name().isEmpty() ? node.outputs().getFirst() : node.name();
    }

    private static Map<String, Object> quantizerArgs(QuantizedModel quantized) {
        Map<Boolean, List<Encoding>> weightsOrActivations = quantized.encodings().entrySet().stream()
                .filter(entry -> entry.getValue().format().bits() <= 16)
                .collect(Collectors.partitioningBy(
                        entry -> quantized.model().graph().initializers().containsKey(entry.getKey()),
                        Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
        List<Encoding> weights = weightsOrActivations.getOrDefault(true, List.of());
        List<Encoding> activations = weightsOrActivations.getOrDefault(false, List.of());
        Map<String, Object> args = new LinkedHashMap<>();
        mostCommon(activations.stream(), each -> each.format().bits())
                .ifPresent(bits -> args.put("activation_bitwidth", bits));
        args.put("dtype", "int");
        args.put("is_symmetric", weights.stream().allMatch(Encoding::isSymmetric));
        mostCommon(weights.stream(), each -> each.format().bits()).ifPresent(bits -> args.put("param_bitwidth", bits));
        args.put(
                "per_channel_quantization",
                weights.stream().anyMatch(each -> !(each.granularity() instanceof Granularity.PerTensor)));
        mostCommon(calibrated(quantized), Decision.Calibrated::method)
                .ifPresent(method -> args.put("quant_scheme", method));
        return args;
    }

    private static Stream<Decision.Calibrated> calibrated(QuantizedModel quantized) {
        return quantized.plan().tensors().entrySet().stream()
                .filter(entry -> !quantized.model().graph().initializers().containsKey(entry.getKey()))
                .map(Map.Entry::getValue)
                .filter(Decision.Calibrated.class::isInstance)
                .map(Decision.Calibrated.class::cast);
    }

    /// The first in encounter order among the most frequent.
    private static <T, K> Optional<K> mostCommon(Stream<T> stream, Function<T, K> key) {
        Map<K, Long> counts = stream.collect(Collectors.groupingBy(key, LinkedHashMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .reduce((best, next) -> next.getValue() > best.getValue() ? next : best)
                .map(Map.Entry::getKey);
    }

    /// Writes the file through a temporary one beside it, so that a failure leaves nothing half-written.
    ///
    /// @throws InvalidInputException where it cannot be written
    public void write(Path file) {
        Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElseThrow();
        try {
            Path temporary = folder.resolve(".%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
            try {
                Files.writeString(temporary, EncodingsJson.print(this), StandardCharsets.UTF_8);
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be written: " + e, e);
        }
    }

    /// Reads a file of version 1.0.0.
    ///
    /// @throws InvalidInputException with all problems found
    public static EncodingsFile read(Path file) {
        try {
            return EncodingsJson.parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read: " + e, e);
        }
    }
}
