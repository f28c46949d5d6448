package ai.vernier.cli;

import ai.vernier.onnx.InvalidInputException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads a number with its unit, as flags have it; the counterpart of [Units].
final class Quantity {
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?) ?([a-z]*)");

    /// Powers of 1000 as disks are sold, powers of 1024 with an i.
    private static final Map<String, Long> BYTES = Map.of(
            "b", 1L,
            "kb", 1000L,
            "mb", 1_000_000L,
            "gb", 1_000_000_000L,
            "tb", 1_000_000_000_000L,
            "kib", 1L << 10,
            "mib", 1L << 20,
            "gib", 1L << 30,
            "tib", 1L << 40);

    private static final Map<String, Long> NANOSECONDS = Map.of(
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "min", 60_000_000_000L,
            "h", 3_600_000_000_000L);

    private Quantity() {}

    /// Bytes of a text such as `4GB` or `1.5 GiB`, at least 1; case does not matter.
    ///
    /// @throws InvalidInputException where `text` is no size
    static long bytes(String option, String text) {
        return parse(option, text, BYTES, "a size such as 500MB, 4GB or 2GiB");
    }

    /// The time that a text such as `30s` or `1.5min` states, more than none.
    ///
    /// @throws InvalidInputException where `text` is no time
    static Duration duration(String option, String text) {
        return Duration.ofNanos(parse(option, text, NANOSECONDS, "a time such as 500ms, 30s or 5min"));
    }

    private static long parse(String option, String text, Map<String, Long> units, String expected) {
        Matcher parts = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
        Long unit = parts.matches() ? units.get(parts.group(2)) : null;
        if (unit == null) {
            throw wrong(option, text, expected);
        }
        BigDecimal value = new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(unit));
        BigDecimal whole = value.setScale(0, RoundingMode.DOWN);
        if (whole.signum() == 0 || whole.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw wrong(option, text, expected);
        }
        return whole.longValueExact();
    }

    private static InvalidInputException wrong(String option, String text, String expected) {
        return new InvalidInputException("%s: found '%s', expected %s".formatted(option, text, expected));
    }
}
