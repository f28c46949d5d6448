package ai.vernier.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One mapping of a settings file, read key by key. A wrong value is noted, its place (file, line, path) with it, and
/// the default is given back so that reading goes on; [#finish] on the outermost section then tells all problems and
/// every key that nobody asked for.
public final class Section {
    /// A pipe or a device may never end.
    private static final int LARGEST_BYTES = 16 << 20;

    private final Place place;
    private final Map<String, Entry> entries;
    private final List<String> problems;
    private final Set<String> asked = new LinkedHashSet<>();
    private final List<Section> children = new ArrayList<>();

    /// Where a section stands.
    ///
    /// @param path keys and indices from the outermost section, such as `rules[1].`; empty for the outermost
    private record Place(String source, String path, int line) {
        String at(String key, int keyLine) {
            return "%s:%d: %s%s".formatted(source, keyLine, path, key);
        }
    }

    /// Allowed integers, both ends included.
    public record Bounds(int min, int max) {}

    private Section(Place place, Map<String, Entry> entries, List<String> problems) {
        this.place = place;
        this.entries = entries;
        this.problems = problems;
    }

    /// A section of `text`.
    ///
    /// @param source what problem reports call the file
    /// @throws InvalidInputException where the text is no YAML mapping
    public static Section parse(String source, String text) {
        return switch (EntryParser.parse(source, text)) {
            case Entry.Mapping(var entries, int line) ->
                new Section(new Place(source, "", line), entries, new ArrayList<>());
            case Entry.Nothing(int line) -> new Section(new Place(source, "", line), Map.of(), new ArrayList<>());
            case Entry other ->
                throw new InvalidInputException("%s:%d: found %s, expected 'key: value' lines"
                        .formatted(source, other.line(), other.describe()));
        };
    }

    /// The outermost section of a file.
    ///
    /// @throws InvalidInputException where the file cannot be read or is no YAML mapping
    public static Section read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST_BYTES + 1);
            if (bytes.length > LARGEST_BYTES) {
                throw new InvalidInputException(
                        "%s: has more than %d bytes; expected a file written by hand".formatted(file, LARGEST_BYTES));
            }
            return parse(
                    file.toString(),
                    UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (IOException e) {
            throw new InvalidInputException("%s: cannot be read: %s".formatted(file, e), e);
        }
    }

    public boolean has(String key) {
        return value(key) != null;
    }

    /// The text of `key`, which must be there.
    public String text(String key) {
        if (!has(key)) {
            problem(key, "is missing; this file needs it");
            return "";
        }
        return text(key, "");
    }

    public String text(String key, String otherwise) {
        return switch (value(key)) {
            case null -> otherwise;
            case Entry.Scalar scalar -> scalar.text();
            case Entry other -> wrong(key, other, "a text", otherwise);
        };
    }

    public int integer(String key, Bounds bounds, int otherwise) {
        Entry value = value(key);
        if (value == null) {
            return otherwise;
        }
        Integer parsed = parseInteger(value, bounds);
        return parsed != null ? parsed : wrong(key, value, expected(bounds), otherwise);
    }

    /// A finite number.
    public double real(String key, double otherwise) {
        Entry value = value(key);
        if (value == null) {
            return otherwise;
        }
        Double parsed = parseReal(value);
        return parsed != null ? parsed : wrong(key, value, "a number", otherwise);
    }

    public boolean flag(String key, boolean otherwise) {
        return switch (value(key)) {
            case null -> otherwise;
            case Entry.Scalar scalar when scalar.text().equals("true") -> true;
            case Entry.Scalar scalar when scalar.text().equals("false") -> false;
            case Entry other -> wrong(key, other, "true or false", otherwise);
        };
    }

    /// The option that the text of `key` names.
    public <T> T choice(String key, Map<String, T> options, T otherwise) {
        Entry value = value(key);
        if (value == null) {
            return otherwise;
        }
        T found = value instanceof Entry.Scalar scalar ? options.get(scalar.text()) : null;
        return found != null ? found : wrong(key, value, "one of " + String.join(", ", options.keySet()), otherwise);
    }

    /// A list of texts, or one text alone; empty where the key is absent.
    public List<String> texts(String key) {
        return switch (value(key)) {
            case null -> List.of();
            case Entry.Scalar scalar -> List.of(scalar.text());
            case Entry.Sequence list
            when list.items().stream().allMatch(Entry.Scalar.class::isInstance) ->
                list.items().stream().map(item -> ((Entry.Scalar) item).text()).toList();
            case Entry other -> wrong(key, other, "a list of texts", List.of());
        };
    }

    /// A list of integers, or one alone; empty where the key is absent.
    public List<Integer> integers(String key, Bounds bounds) {
        List<Integer> parsed = new ArrayList<>();
        for (String text : texts(key)) {
            Integer number = parseInteger(new Entry.Scalar(text, 0), bounds);
            if (number == null) {
                problem(key, "found '%s', expected %s".formatted(text, expected(bounds)));
            } else {
                parsed.add(number);
            }
        }
        return List.copyOf(parsed);
    }

    /// The keys and values of the section under `key`, whatever its keys; a list counts as its items with commas
    /// between.
    /// Empty where it is absent.
    public Map<String, String> entries(String key) {
        Section section = section(key);
        Map<String, String> texts = new LinkedHashMap<>();
        section.entries.keySet().forEach(name -> texts.put(name, String.join(",", section.texts(name))));
        return texts;
    }

    /// The section under `key`; an empty one where it is absent.
    public Section section(String key) {
        return switch (value(key)) {
            case null -> child(key, new Entry.Mapping(Map.of(), place.line));
            case Entry.Mapping mapping -> child(key, mapping);
            case Entry other ->
                wrong(key, other, "keys with values", child(key, new Entry.Mapping(Map.of(), other.line())));
        };
    }

    /// The sections listed under `key`; empty where it is absent.
    public List<Section> sections(String key) {
        return switch (value(key)) {
            case null -> List.of();
            case Entry.Sequence list
            when list.items().stream().allMatch(Entry.Mapping.class::isInstance) -> listed(key, list.items());
            case Entry other -> wrong(key, other, "a list whose items are keys with values", List.of());
        };
    }

    private List<Section> listed(String key, List<Entry> items) {
        List<Section> sections = new ArrayList<>();
        for (Entry item : items) {
            sections.add(child("%s[%d]".formatted(key, sections.size()), (Entry.Mapping) item));
        }
        return List.copyOf(sections);
    }

    private Section child(String key, Entry.Mapping mapping) {
        Place inner = new Place(place.source, place.path + key + ".", mapping.line());
        Section child = new Section(inner, mapping.entries(), problems);
        children.add(child);
        return child;
    }

    /// Notes a problem of `key` that only the caller can see.
    ///
    /// @param message what was found, what was expected, what to do
    public void problem(String key, String message) {
        asked.add(key);
        Entry entry = entries.get(key);
        problems.add(place.at(key, entry == null ? place.line : entry.line()) + ": " + message);
    }

    /// Notes a problem of this section as a whole.
    public void problem(String message) {
        String path = place.path.isEmpty() ? "" : place.path.substring(0, place.path.length() - 1) + ": ";
        problems.add("%s:%d: %s%s".formatted(place.source, place.line, path, message));
    }

    /// Ends reading; to be called once, on the outermost section.
    ///
    /// @throws InvalidInputException with every problem noted and every key that was never asked for
    public void finish() {
        noteUnknownKeys();
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }

    private void noteUnknownKeys() {
        List<String> unknown =
                entries.keySet().stream().filter(key -> !asked.contains(key)).toList();
        for (String key : unknown) {
            problem(key, "unknown key" + Nearest.hint(key, asked));
        }
        children.forEach(Section::noteUnknownKeys);
    }

    private @Nullable Entry value(String key) {
        asked.add(key);
        Entry entry = entries.get(key);
        return entry instanceof Entry.Nothing ? null : entry;
    }

    private <T> T wrong(String key, Entry found, String expected, T otherwise) {
        problem(key, "found %s, expected %s".formatted(found.describe(), expected));
        return otherwise;
    }

    private static String expected(Bounds bounds) {
        return "an integer from %d to %d".formatted(bounds.min, bounds.max);
    }

    private static @Nullable Integer parseInteger(Entry entry, Bounds bounds) {
        try {
            int parsed = entry instanceof Entry.Scalar scalar ? Integer.parseInt(scalar.text()) : Integer.MIN_VALUE;
            return parsed < bounds.min || parsed > bounds.max ? null : parsed;
        } catch (NumberFormatException _) {
            return null;
        }
    }

    private static @Nullable Double parseReal(Entry entry) {
        try {
            double parsed = entry instanceof Entry.Scalar scalar ? Double.parseDouble(scalar.text()) : Double.NaN;
            return Double.isFinite(parsed) ? parsed : null;
        } catch (NumberFormatException _) {
            return null;
        }
    }
}
