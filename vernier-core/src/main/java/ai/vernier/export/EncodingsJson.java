package ai.vernier.export;

import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The JSON form of [EncodingsFile].
final class EncodingsJson {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final String file;
    private final List<String> problems = new ArrayList<>();

    private EncodingsJson(String file) {
        this.file = file;
    }

    /// Line ends are `\n` on every platform; scales are the shortest decimals that read back as the same float32.
    static String print(EncodingsFile content) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("version", EncodingsFile.VERSION);
        root.putObject("producer").put("package", "vernier").put("version", content.producerVersion());
        ArrayNode excluded = root.putArray("excluded_layers");
        content.excludedLayers().forEach(excluded::add);
        root.set("quantizer_args", MAPPER.valueToTree(content.quantizerArgs()));
        print(content.activations(), root.putArray("activation_encodings"));
        print(content.parameters(), root.putArray("param_encodings"));
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
        return MAPPER.writer().with(printer).writeValueAsString(root) + "\n";
    }

    private static void print(List<EncodingEntry> entries, ArrayNode array) {
        for (EncodingEntry entry : entries) {
            ObjectNode node = array.addObject().put("name", entry.name());
            switch (entry) {
                case EncodingEntry.FloatEntry floating ->
                    node.put("enc_type", "PER_TENSOR").put("dtype", "FLOAT").put("bw", floating.bits());
                case EncodingEntry.IntegerEntry integer -> print(integer, node);
            }
        }
    }

    private static void print(EncodingEntry.IntegerEntry entry, ObjectNode node) {
        node.put("enc_type", entry.kind().name()).put("dtype", "INT").put("bw", entry.bits());
        node.put("is_sym", entry.symmetric());
        ArrayNode scale = node.putArray("scale");
        entry.scales().forEach(scale::add);
        ArrayNode offset = node.putArray("offset");
        entry.offsets().forEach(offset::add);
        if (entry.kind() == EncodingEntry.Kind.PER_BLOCK) {
            node.put("block_size", entry.blockSize());
        }
    }

    static EncodingsFile parse(String file, String text) {
        EncodingsJson reader = new EncodingsJson(file);
        try {
            EncodingsFile content = reader.root(MAPPER.readTree(text));
            if (!reader.problems.isEmpty()) {
                throw new InvalidInputException(reader.problems);
            }
            return content;
        } catch (JacksonException e) {
            throw new InvalidInputException(file + ": no JSON: " + e.getOriginalMessage(), e);
        }
    }

    private EncodingsFile root(JsonNode root) {
        String version = root.path("version").asString("none");
        if (!version.equals(EncodingsFile.VERSION)) {
            throw new InvalidInputException("%s: version is %s, expected %s; export the encodings in that version"
                    .formatted(file, version, EncodingsFile.VERSION));
        }
        Map<String, Object> args = new LinkedHashMap<>();
        root.path("quantizer_args").properties().forEach(each -> args.put(each.getKey(), scalar(each.getValue())));
        List<String> excluded = new ArrayList<>();
        root.path("excluded_layers").forEach(name -> excluded.add(name.asString("")));
        return new EncodingsFile(
                root.path("producer").path("version").asString(""),
                args,
                excluded,
                entries(root, "activation_encodings"),
                entries(root, "param_encodings"));
    }

    private static Object scalar(JsonNode node) {
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        return node.isInt() ? node.intValue() : node.asString("");
    }

    private List<EncodingEntry> entries(JsonNode root, String section) {
        JsonNode array = root.path(section);
        if (!array.isArray()) {
            problems.add("%s: '%s' is missing or no list; version 1.0.0 has a list there".formatted(file, section));
        }
        List<EncodingEntry> entries = new ArrayList<>();
        int index = 0;
        for (JsonNode node : array) {
            String where = "%s: %s[%d]".formatted(file, section, index++);
            entry(where, node).ifPresent(entries::add);
        }
        return entries;
    }

    private Optional<EncodingEntry> entry(String where, JsonNode node) {
        int before = problems.size();
        String name = node.path("name").asString("");
        int bits = node.path("bw").intValue(0);
        String dtype = node.path("dtype").asString("");
        expect(!name.isEmpty(), where + ": 'name' is missing; it is the tensor's name");
        String here = where + " '" + name + "'";
        expect(bits >= 2 && bits <= 32, here + ": 'bw' is " + node.path("bw") + ", expected 2 to 32");
        expect(List.of("INT", "FLOAT").contains(dtype), here + ": 'dtype' is '" + dtype + "', expected INT or FLOAT");
        if (problems.size() > before) {
            return Optional.empty();
        }
        return dtype.equals("FLOAT")
                ? Optional.of(new EncodingEntry.FloatEntry(name, bits))
                : integer(here, name, bits, node);
    }

    private Optional<EncodingEntry> integer(String where, String name, int bits, JsonNode node) {
        int before = problems.size();
        String type = node.path("enc_type").asString("");
        List<Float> scales = scales(node.path("scale"));
        List<Long> offsets = offsets(node.path("offset"));
        int blockSize = node.path("block_size").intValue(0);
        boolean blocks = type.equals("PER_BLOCK") || type.equals("LPBQ");
        expect(
                blocks || type.equals("PER_TENSOR") || type.equals("PER_CHANNEL"),
                where + ": 'enc_type' is '" + type + "', expected PER_TENSOR, PER_CHANNEL, PER_BLOCK or LPBQ");
        expect(!blocks || blockSize > 0, where + ": 'block_size' is missing; it is at least 1");
        expect(
                !scales.isEmpty() && scales.stream().allMatch(scale -> scale > 0 && Float.isFinite(scale)),
                where + ": 'scale' is " + node.path("scale") + ", expected positive numbers");
        expect(
                offsets.size() == scales.size(),
                "%s: %d offsets for %d scales".formatted(where, offsets.size(), scales.size()));
        if (problems.size() > before) {
            return Optional.empty();
        }
        if (type.equals("LPBQ")) {
            return lowPowerBlocks(where, new Channels(name, scales, blockSize), node);
        }
        boolean symmetric = node.path("is_sym").booleanValue(false);
        EncodingEntry.Kind kind = EncodingEntry.Kind.valueOf(type);
        return Optional.of(
                new EncodingEntry.IntegerEntry(name, kind, bits, symmetric, scales, offsets, blocks ? blockSize : 0));
    }

    private record Channels(String name, List<Float> scales, int blockSize) {}

    /// Double quantization: the scale of a block is its integer times the scale of its channel, its codes are symmetric
    /// and of the compressed width.
    private Optional<EncodingEntry> lowPowerBlocks(String where, Channels channels, JsonNode node) {
        int bits = node.path("compressed_bw").intValue(0);
        JsonNode factors = node.path("per_block_int_scale");
        int count = channels.scales().size();
        boolean fits = bits >= 2 && bits <= 32 && factors.size() > 0 && factors.size() % count == 0;
        expect(fits, where + ": expected 'compressed_bw' and 'per_block_int_scale' with whole blocks per channel");
        if (!fits) {
            return Optional.empty();
        }
        List<Float> scales = new ArrayList<>();
        List<Long> offsets = new ArrayList<>();
        int blocks = factors.size() / count;
        for (int i = 0; i < factors.size(); i++) {
            scales.add(channels.scales().get(i / blocks) * factors.get(i).intValue(0));
            offsets.add(-(1L << (bits - 1)));
        }
        return Optional.of(new EncodingEntry.IntegerEntry(
                channels.name(), EncodingEntry.Kind.PER_BLOCK, bits, true, scales, offsets, channels.blockSize()));
    }

    private static List<Float> scales(JsonNode array) {
        List<Float> scales = new ArrayList<>();
        array.forEach(each -> scales.add((float) each.doubleValue(0)));
        return scales;
    }

    /// Offsets are ≤ 0; some hand-written files give the zero point itself, so either sign is accepted.
    private static List<Long> offsets(JsonNode array) {
        List<Long> offsets = new ArrayList<>();
        array.forEach(each -> offsets.add(-Math.abs(each.longValue(0))));
        return offsets;
    }

    private void expect(boolean holds, String problem) {
        if (!holds) {
            problems.add(problem);
        }
    }
}
