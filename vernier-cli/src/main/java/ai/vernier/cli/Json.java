package ai.vernier.cli;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Prints values as JSON text.
final class Json {
    private Json() {}

    /// `value` (maps, lists, records, strings and numbers) as indented JSON; keys keep their order.
    static String text(Object value) {
        return Shown.lines(JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(value));
    }
}
