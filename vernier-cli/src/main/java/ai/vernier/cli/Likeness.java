package ai.vernier.cli;

import ai.vernier.export.Verification;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Draws how well an output agrees with a reference.
final class Likeness {
    /// Every figure that has a text.
    static final Set<String> ALL = Set.of("agreement", "equalElements", "sqnr", "cosine");

    private Likeness() {}

    /// Infinite and undefined figures have no JSON number and are left out: identical outputs have no noise.
    static Map<String, Object> fields(Verification.Output found) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("equalElements", found.equalShare());
        put(fields, "agreement", found.decisions().value());
        if (found.difference().elements() > 0) {
            put(fields, "sqnr", found.difference().sqnr());
            fields.put("cosine", found.difference().cosine());
            fields.put("maxError", found.difference().maxError());
        }
        return fields;
    }

    private static void put(Map<String, Object> fields, String name, double value) {
        if (Double.isFinite(value)) {
            fields.put(name, value);
        }
    }

    /// `same class in 95.50 %, equal elements 3.10 %, SQNR 17.5 dB, cosine 0.991234`: the figures that are wanted, by
    /// the names of their fields.
    static String text(Verification.Output found, Set<String> wanted) {
        List<String> parts = new ArrayList<>();
        if (found.decisions().rows() > 0 && wanted.contains("agreement")) {
            parts.add("same class in " + Units.percent(found.decisions().value()));
        }
        boolean hasNoNumbers = found.difference().elements() == 0;
        if (hasNoNumbers || wanted.contains("equalElements")) {
            parts.add("equal elements " + Units.percent(found.equalShare()));
        }
        if (!hasNoNumbers && wanted.contains("sqnr")) {
            parts.add(String.format(
                    Locale.ROOT, "SQNR %.1f dB", found.difference().sqnr()));
        }
        if (!hasNoNumbers && wanted.contains("cosine")) {
            parts.add(
                    String.format(Locale.ROOT, "cosine %.6f", found.difference().cosine()));
        }
        return String.join(", ", parts);
    }
}
