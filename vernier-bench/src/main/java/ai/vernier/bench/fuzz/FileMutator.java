package ai.vernier.bench.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

/// Changes files of any kind: bytes without regard to what they mean, numbers in binary headers, lines and
/// numbers of texts.
final class FileMutator {
    private static final long[] NUMBERS = {
        0, 1, -1, 2, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 100_000, 0x00FF_FFFF, Integer.MAX_VALUE, 1L << 31, 0xFFFF_FFFFL
    };
    private static final String[] WORDS = {
        "",
        "-1",
        "0",
        "1e999999999",
        "-1e-999999999",
        "99999999999999999999",
        "2147483648",
        "9223372036854775807",
        "NaN",
        "null",
        "true",
        "[]",
        "{}",
        "{a: {b: [c]}}",
        "\"\"",
        "'",
        "&a [*a]",
        "*b",
        "!!java.net.URL [x]",
        "(a+)+$",
        "(",
        "/etc/hostname",
        "../x",
        "\u0000",
        "\uD800",
        "---",
        "...",
        "% TAG",
        "<<: *b"
    };

    private final Random random;

    FileMutator(Random random) {
        this.random = random;
    }

    byte[] mutate(byte[] content, boolean text) {
        byte[] mutated = content;
        for (int i = random.nextInt(3); i >= 0; i--) {
            mutated = once(mutated, text);
        }
        return mutated;
    }

    private byte[] once(byte[] content, boolean text) {
        if (content.length == 0 || random.nextInt(4) == 0) {
            return Mutant.scrambled(content, random);
        }
        return text
                ? rewritten(new String(content, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8)
                : renumbered(content);
    }

    /// One number of 1, 2, 4 or 8 bytes in either order, mostly in the header.
    private byte[] renumbered(byte[] content) {
        int width = 1 << random.nextInt(4);
        byte[] changed = Arrays.copyOf(content, Math.max(content.length, width));
        int reach = random.nextInt(4) == 0 ? changed.length : Math.min(changed.length, 160);
        int at = random.nextInt(Math.max(1, reach - width + 1));
        ByteOrder order = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer buffer = ByteBuffer.wrap(changed).order(order);
        long number = random.nextInt(4) == 0 ? random.nextLong() : NUMBERS[random.nextInt(NUMBERS.length)];
        switch (width) {
            case 1 -> buffer.put(at, (byte) number);
            case 2 -> buffer.putShort(at, (short) number);
            case 4 -> buffer.putInt(at, (int) number);
            default -> buffer.putLong(at, number);
        }
        return changed;
    }

    private String rewritten(String text) {
        return switch (random.nextInt(6)) {
            case 0 -> lines(text);
            case 1 -> nested(text);
            case 2, 3 -> replaced(text, "[^\\s,:\\[\\]{}\"]+");
            default -> replaced(text, "-?[0-9][0-9.e-]*");
        };
    }

    /// A line left out, doubled or moved.
    private String lines(String text) {
        List<String> lines = new ArrayList<>(text.lines().toList());
        if (lines.isEmpty()) {
            return text;
        }
        String line = lines.remove(random.nextInt(lines.size()));
        for (int i = random.nextInt(3); i > 0; i--) {
            lines.add(random.nextInt(lines.size() + 1), random.nextBoolean() ? line : "  " + line);
        }
        return String.join("\n", lines);
    }

    /// Brackets that open without end.
    private String nested(String text) {
        int at = random.nextInt(text.length() + 1);
        String opening = random.nextBoolean() ? "[" : random.nextBoolean() ? "{\"a\":" : "- ";
        return text.substring(0, at) + opening.repeat(1 << random.nextInt(17)) + text.substring(at);
    }

    private String replaced(String text, String words) {
        List<int[]> places = new ArrayList<>();
        Pattern.compile(words)
                .matcher(text)
                .results()
                .forEach(found -> places.add(new int[] {found.start(), found.end()}));
        if (places.isEmpty()) {
            return text + WORDS[random.nextInt(WORDS.length)];
        }
        int[] place = places.get(random.nextInt(places.size()));
        return text.substring(0, place[0]) + WORDS[random.nextInt(WORDS.length)] + text.substring(place[1]);
    }
}
