package ai.vernier.settings;

import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;

/// Turns YAML text into entries that know their lines.
final class EntryParser {
    private final String source;
    private final JsonParser parser;

    private EntryParser(String source, JsonParser parser) {
        this.source = source;
        this.parser = parser;
    }

    /// @throws InvalidInputException where the text is no YAML or a key occurs twice
    static Entry parse(String source, String text) {
        try (JsonParser parser = new YAMLFactory().createParser(ObjectReadContext.empty(), text)) {
            JsonToken first = parser.nextToken();
            return first == null ? new Entry.Mapping(Map.of(), 1) : new EntryParser(source, parser).entry(first);
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new InvalidInputException(
                    "%s:%d: not valid YAML: %s".formatted(source, line, e.getOriginalMessage()), e);
        }
    }

    private Entry entry(JsonToken token) {
        return switch (token) {
            case START_OBJECT -> mapping();
            case START_ARRAY -> sequence();
            case VALUE_NULL -> new Entry.Nothing(line());
            default -> new Entry.Scalar(parser.getString(), line());
        };
    }

    private Entry mapping() {
        int line = line();
        Map<String, Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            int keyLine = line();
            Entry value = entry(parser.nextToken());
            if (entries.putIfAbsent(key, value) != null) {
                throw new InvalidInputException("%s:%d: key '%s' occurs twice in one mapping; keep one of them"
                        .formatted(source, keyLine, key));
            }
        }
        return new Entry.Mapping(entries, line);
    }

    private Entry sequence() {
        int line = line();
        List<Entry> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(entry(token));
        }
        return new Entry.Sequence(items, line);
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }
}
