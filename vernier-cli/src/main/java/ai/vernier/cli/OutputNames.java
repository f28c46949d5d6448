package ai.vernier.cli;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// File names for the outputs of a model, whose names may hold any character.
final class OutputNames {
    private OutputNames() {}

    /// The `.npy` file of each output: characters that files cannot have on some system become `_`; where two names
    /// become equal (also but for case), later ones get `_2`, `_3` …
    static Map<String, String> files(Collection<String> outputs) {
        Map<String, String> files = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        for (String output : outputs) {
            String stem = output.replaceAll("[/\\\\:*?\"<>|\\p{Cntrl}]", "_");
            String candidate = stem;
            for (int i = 2; !taken.add(candidate.toLowerCase(Locale.ROOT)); i++) {
                candidate = stem + "_" + i;
            }
            files.put(output, candidate + ".npy");
        }
        return files;
    }
}
