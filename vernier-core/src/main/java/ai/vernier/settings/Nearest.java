package ai.vernier.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// The known names that somebody may have meant who wrote an unknown one.
public final class Nearest {
    private static final int SHOWN = 3;

    private Nearest() {}

    /// `; did you mean 'a' or 'b'?`, or nothing where no known name is near.
    public static String hint(String wanted, Collection<String> known) {
        List<String> near = of(wanted, known);
        return near.isEmpty() ? "" : "; did you mean '" + String.join("' or '", near) + "'?";
    }

    /// Up to three known names, nearest first: those that contain `wanted` or lie within a third of its length (and at
    /// least two, for names of four letters and more) in single-character edits, whatever the case of the letters.
    public static List<String> of(String wanted, Collection<String> known) {
        String lower = wanted.toLowerCase(Locale.ROOT);
        int limit = Math.max(lower.length() < 4 ? 1 : 2, lower.length() / 3);
        record Candidate(String name, int distance) {}
        return known.stream()
                .distinct()
                .map(name -> new Candidate(name, distance(lower, name.toLowerCase(Locale.ROOT))))
                .filter(candidate -> candidate.distance <= limit)
                .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
                .limit(SHOWN)
                .map(Candidate::name)
                .toList();
    }

    /// Levenshtein's edit distance; a name that contains the wanted one counts as one edit.
    private static int distance(String wanted, String name) {
        if (wanted.length() >= 3 && name.contains(wanted)) {
            return wanted.length() == name.length() ? 0 : 1;
        }
        int[] previous = new int[name.length() + 1];
        for (int j = 0; j <= name.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= wanted.length(); i++) {
            previous = nextRow(previous, wanted.charAt(i - 1), name);
        }
        return previous[name.length()];
    }

    private static int[] nextRow(int[] previous, char wanted, String name) {
        int[] row = new int[previous.length];
        row[0] = previous[0] + 1;
        for (int j = 1; j < row.length; j++) {
            int replaced = previous[j - 1] + (wanted == name.charAt(j - 1) ? 0 : 1);
            row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
        }
        return row;
    }
}
