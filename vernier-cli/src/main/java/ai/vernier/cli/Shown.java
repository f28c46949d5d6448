package ai.vernier.cli;

import java.util.stream.Collectors;

/// Text from files on a terminal: names in a model may hold escape sequences, line ends, or marks that turn
/// the direction of writing around.
final class Shown {
    private Shown() {}

    /// `text` in one line: line ends become spaces, everything else that a terminal acts upon is spelled as in Java.
    static String line(String text) {
        return lines(text.lines().map(String::strip).collect(Collectors.joining(" ")));
    }

    /// As [#line], but line ends stay.
    static String lines(String text) {
        if (text.codePoints().noneMatch(Shown::acts)) {
            return text;
        }
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (acts(character)) {
                for (char half : Character.toChars(character)) {
                    shown.append("\\u%04x".formatted((int) half));
                }
            } else {
                shown.appendCodePoint(character);
            }
        });
        return shown.toString();
    }

    /// Control characters of both ranges, marks of direction, line and paragraph separators, halves of pairs.
    private static boolean acts(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> character != '\t' && character != '\n';
            default -> false;
        };
    }
}
