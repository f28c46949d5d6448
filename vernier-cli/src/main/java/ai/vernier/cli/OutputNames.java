package ai.vernier.cli;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// File names for the outputs of a model, whose names may hold any character.
final class OutputNames {
    private OutputNames() {}

    /// File systems take 255 bytes, of which a suffix and a temporary name need some.
    private static final int MOST_BYTES = 200;

    /// The `.npy` file of each output: characters that files cannot have on some system become `_`, long names are cut;
    /// where two names
    /// become equal (also but for case), later ones get `_2`, `_3` …
    static Map<String, String> files(Collection<String> outputs) {
        Map<String, String> files = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        for (String output : outputs) {
            String stem = cut(output.replaceAll("[/\\\\:*?\"<>|\\p{C}]", "_"));
            String candidate = stem;
            for (int i = 2; !taken.add(candidate.toLowerCase(Locale.ROOT)); i++) {
                candidate = stem + "_" + i;
            }
            files.put(output, candidate + ".npy");
        }
        return files;
    }

    private static String cut(String name) {
        int end = name.offsetByCodePoints(0, Math.min(MOST_BYTES, name.codePointCount(0, name.length())));
        String stem = name.substring(0, end);
        while (stem.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            stem = stem.substring(0, stem.offsetByCodePoints(stem.length(), -1));
        }
        return stem;
    }
}
