package ai.vernier.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a command found, twice: as the fields of a JSON object and as lines for a reader.
record Answer(Map<String, Object> fields, List<String> lines) {
    Answer {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        lines = List.copyOf(lines);
    }
}
