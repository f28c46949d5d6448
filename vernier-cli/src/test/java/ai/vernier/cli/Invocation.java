package ai.vernier.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One run of the command line in this process.
record Invocation(int exitCode, String out, String err) {
    static Invocation of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] texts = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
        int exitCode = Vernier.run(new PrintWriter(out), new PrintWriter(err), texts);
        return new Invocation(exitCode, out.toString(), err.toString());
    }

    /// Standard output, which must be one JSON object and nothing else.
    JsonNode json() {
        JsonMapper strict = JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
        JsonNode node = strict.readTree(out);
        if (!node.isObject()) {
            throw new AssertionError("expected one JSON object, found: " + out);
        }
        return node;
    }
}
