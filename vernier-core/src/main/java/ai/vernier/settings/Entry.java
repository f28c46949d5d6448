package ai.vernier.settings;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One value of a settings file and the line it starts on, counted from 1.
sealed interface Entry {
    int line();

    /// Keys in file order.
    record Mapping(Map<String, Entry> entries, int line) implements Entry {
        public Mapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }
    }

    record Sequence(List<Entry> items, int line) implements Entry {
        public Sequence {
            items = List.copyOf(items);
        }
    }

    /// A string, number or boolean as it is written.
    record Scalar(String text, int line) implements Entry {}

    /// Nothing, or `null`: the same as leaving the key out.
    record Nothing(int line) implements Entry {}

    /// What a problem report calls this entry.
    default String describe() {
        return switch (this) {
            case Mapping mapping -> "a mapping of " + mapping.entries.keySet();
            case Sequence sequence -> "a list of " + sequence.items.size();
            case Scalar scalar -> "'" + scalar.text + "'";
            case Nothing _ -> "nothing";
        };
    }
}
