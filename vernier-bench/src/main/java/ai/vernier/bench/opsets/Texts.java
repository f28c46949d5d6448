package ai.vernier.bench.opsets;

import java.util.List;

/// What error messages look like.
final class Texts {
    /// What only a native library's own messages contain.
    private static final List<String> FOREIGN =
            List.of("c10", "at::", "ATen", ".cpp", ".h:", "TORCH_CHECK", "Exception raised from", "INTERNAL ASSERT");

    private Texts() {}

    static String inOneLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).replace('\n', ' ');
    }

    /// Whether a message names the node and lets no native library speak of its insides.
    static boolean isClear(String message) {
        return message.contains("'n'") && FOREIGN.stream().noneMatch(message::contains);
    }
}
