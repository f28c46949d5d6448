package ai.vernier.cli;

import java.time.Duration;
import java.util.Locale;

/// Quantities as people read them.
final class Units {
    private Units() {}

    /// `13.6 MB`: powers of 1000, as disks are sold.
    static String bytes(long bytes) {
        return scaled(bytes, "B");
    }

    /// `300.8 M`.
    static String count(long count) {
        return scaled(count, "").strip();
    }

    private static String scaled(long value, String unit) {
        String[] prefixes = {"", "k", "M", "G", "T", "P", "E"};
        double scaled = value;
        int prefix = 0;
        // 999.95 would print as 1000.0.
        while (scaled >= 999.95) {
            scaled /= 1000;
            prefix++;
        }
        String number = prefix == 0 ? Long.toString(value) : String.format(Locale.ROOT, "%.1f", scaled);
        return number + " " + prefixes[prefix] + unit;
    }

    /// `83.50 %` of a fraction.
    static String percent(double fraction) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
    }

    /// `1.4 s` or `2 min 05 s`.
    static String duration(Duration duration) {
        return duration.toSeconds() < 60
                ? String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0)
                : "%d min %02d s".formatted(duration.toMinutes(), duration.toSecondsPart());
    }
}
