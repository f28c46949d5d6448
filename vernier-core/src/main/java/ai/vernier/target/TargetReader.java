package ai.vernier.target;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.Scheme;
import ai.vernier.settings.Section;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads target files.
final class TargetReader {
    private static final Section.Bounds BITS = new Section.Bounds(2, 32);
    private static final Section.Bounds INDEX = new Section.Bounds(0, 63);
    private static final Section.Bounds AXIS = new Section.Bounds(-8, 7);

    private TargetReader() {}

    static Target load(String nameOrPath) {
        String resource = nameOrPath + ".yaml";
        boolean isName = nameOrPath.matches("[a-z0-9-]+");
        try (InputStream bundled = isName ? Target.class.getResourceAsStream(resource) : null) {
            if (bundled != null) {
                String text = new String(bundled.readAllBytes(), StandardCharsets.UTF_8);
                return read(Section.parse(resource, text));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the bundled target " + resource, e);
        }
        return read(Section.read(file(nameOrPath)));
    }

    private static Path file(String path) {
        try {
            Path file = Path.of(path);
            if (Files.isRegularFile(file)) {
                return file;
            }
        } catch (InvalidPathException _) {
            // said below
        }
        throw new InvalidInputException(
                "target: found '%s', expected '%s' or the path of a target file".formatted(path, Target.GENERIC_INT8));
    }

    static Target read(Section root) {
        root.integer("vernier-target", new Section.Bounds(1, 1), 1);
        Target target = new Target(
                root.text("name"),
                root.text("description", ""),
                tensorProfile(root.section("activations")),
                tensorProfile(root.section("weights")),
                format(root, "bias"),
                root.sections("operators").stream().map(TargetReader::operators).toList(),
                root.sections("fusions").stream().map(TargetReader::fusion).toList(),
                root.texts("self-gates"));
        root.finish();
        return target;
    }

    private static TensorProfile tensorProfile(Section section) {
        IntegerFormat format = format(section, "format");
        return new TensorProfile(
                format,
                section.choice("scheme", schemes(), Scheme.ASYMMETRIC),
                section.choice("per", Map.of("tensor", false, "channel", true), false),
                section.integer("min-bits", BITS, format.bits()),
                section.integer("max-bits", BITS, format.bits()));
    }

    private static IntegerFormat format(Section section, String key) {
        Map<String, IntegerFormat> formats = new LinkedHashMap<>();
        for (int bits = BITS.min(); bits <= BITS.max(); bits++) {
            formats.put("int" + bits, new IntegerFormat(bits, true));
            formats.put("uint" + bits, new IntegerFormat(bits, false));
        }
        String text = section.text(key);
        IntegerFormat format = formats.get(text);
        if (format == null && !text.isEmpty()) {
            section.problem(key, "found '%s', expected int2 to int32 or uint2 to uint32".formatted(text));
        }
        return format == null ? IntegerFormat.INT8 : format;
    }

    private static Map<String, Scheme> schemes() {
        Map<String, Scheme> schemes = new LinkedHashMap<>();
        schemes.put("asymmetric", Scheme.ASYMMETRIC);
        schemes.put("symmetric", Scheme.SYMMETRIC);
        schemes.put("symmetric-restricted", Scheme.SYMMETRIC_RESTRICTED);
        schemes.put("unsigned-symmetric", Scheme.UNSIGNED_SYMMETRIC);
        return schemes;
    }

    private static OperatorProfile operators(Section section) {
        List<String> types = section.texts("types");
        if (types.isEmpty()) {
            section.problem("types", "is missing; list the operators this entry is about");
        }
        return new OperatorProfile(types, conditions(section), behaviour(section));
    }

    private static List<Condition> conditions(Section section) {
        List<Condition> conditions = new ArrayList<>();
        for (Section when : section.sections("when")) {
            conditions.add(new Condition.AttributeIs(when.text("attribute"), when.text("default"), when.texts("is")));
        }
        if (section.has("axes")) {
            conditions.add(new Condition.AxesAre(section.texts("axes")));
        }
        if (section.flag("depthwise", false)) {
            conditions.add(new Condition.Depthwise());
        }
        section.integers("constant-inputs", INDEX)
                .forEach(index -> conditions.add(new Condition.InputIsConstant(index)));
        section.integers("zero-inputs", INDEX).forEach(index -> conditions.add(new Condition.InputIsZero(index)));
        return conditions;
    }

    private static Behaviour behaviour(Section section) {
        String kind = section.text("behaviour");
        return switch (kind) {
            case "weighted-sum" -> weightedSum(section);
            case "computed" -> new Behaviour.Computed(section.integers("inputs", INDEX));
            case "fixed-range" -> new Behaviour.FixedRange(section.real("min", 0), section.real("max", 1));
            case "moves-data" -> new Behaviour.MovesData(section.flag("every-value", false));
            case "shares-grid" -> new Behaviour.SharesGrid();
            case "float" -> new Behaviour.StaysFloat(section.text("reason"));
            default -> {
                section.problem(
                        "behaviour",
                        "found '%s', expected weighted-sum, computed, fixed-range, moves-data, shares-grid or float"
                                .formatted(kind));
                yield new Behaviour.StaysFloat("");
            }
        };
    }

    private static Behaviour weightedSum(Section section) {
        Behaviour.Channels channels = section.has("channel-axis")
                ? new Behaviour.Channels.Axis(section.integer("channel-axis", AXIS, 0))
                : new Behaviour.Channels.None();
        int bias = section.has("bias") ? section.integer("bias", INDEX, 0) : Behaviour.WeightedSum.NO_BIAS;
        return new Behaviour.WeightedSum(section.integer("weight", INDEX, 1), bias, channels);
    }

    private static Fusion fusion(Section section) {
        List<List<String>> then = section.sections("then").stream()
                .map(stage -> stage.texts("one-of"))
                .toList();
        return new Fusion(section.texts("first"), section.flag("bias-add", false), then);
    }
}
