package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Takes ONNX text apart: symbols, identifiers, quoted strings and numbers, between spaces and `#` comments.
final class TextScanner {
    private static final char END = '\0';

    private final String text;
    private int next;

    TextScanner(String text) {
        this.text = text;
        skipSpace();
    }

    boolean atEnd() {
        return next >= text.length();
    }

    private char peek() {
        return atEnd() ? END : text.charAt(next);
    }

    boolean at(char symbol) {
        return peek() == symbol;
    }

    /// Takes `symbol` where it stands next.
    boolean accept(String symbol) {
        if (!text.startsWith(symbol, next)) {
            return false;
        }
        next += symbol.length();
        skipSpace();
        return true;
    }

    void expect(String symbol) {
        if (!accept(symbol)) {
            throw error("expected '" + symbol + "', found " + found());
        }
    }

    boolean atIdentifier() {
        return isIdentifierStart(peek());
    }

    /// The identifier that stands next, left where it is; empty where there is none.
    String peekIdentifier() {
        int end = next;
        if (atIdentifier()) {
            while (end < text.length() && isIdentifierPart(text.charAt(end))) {
                end++;
            }
        }
        return text.substring(next, end);
    }

    String identifier() {
        String identifier = peekIdentifier();
        if (identifier.isEmpty()) {
            throw error("expected an identifier, found " + found());
        }
        next += identifier.length();
        skipSpace();
        return identifier;
    }

    boolean atName() {
        return atIdentifier() || at('"');
    }

    /// An identifier or a quoted string.
    String name() {
        return at('"') ? quoted().text() : identifier();
    }

    /// A quoted string; `\"`, `\\` and, for bytes that are no text, `\xHH`.
    Bytes quoted() {
        if (!at('"')) {
            throw error("expected a quoted string, found " + found());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = next + 1;
        while (at < text.length() && text.charAt(at) != '"') {
            at = text.charAt(at) == '\\' ? escaped(at + 1, bytes) : plain(at, bytes);
        }
        if (at >= text.length()) {
            throw error("the string that begins here does not end");
        }
        next = at + 1;
        skipSpace();
        return Bytes.of(bytes.toByteArray());
    }

    private int plain(int at, ByteArrayOutputStream bytes) {
        int codePoint = text.codePointAt(at);
        bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
        return at + Character.charCount(codePoint);
    }

    private int escaped(int at, ByteArrayOutputStream bytes) {
        if (at + 2 < text.length() && text.charAt(at) == 'x') {
            int high = Character.digit(text.charAt(at + 1), 16);
            int low = Character.digit(text.charAt(at + 2), 16);
            if (high >= 0 && low >= 0) {
                bytes.write(high << 4 | low);
                return at + 3;
            }
        }
        return at < text.length() ? plain(at, bytes) : at;
    }

    boolean atNumber() {
        char c = peek();
        return Character.isDigit(c) || c == '-' || c == '+' || c == '.';
    }

    /// A number, or `nan` and `inf` with their signs, as it is written.
    String number() {
        int end = next;
        if (end < text.length() && (text.charAt(end) == '-' || text.charAt(end) == '+')) {
            end++;
        }
        while (end < text.length() && isNumberPart(end)) {
            end++;
        }
        if (end == next) {
            throw error("expected a number, found " + found());
        }
        String number = text.substring(next, end);
        next = end;
        skipSpace();
        return number;
    }

    private boolean isNumberPart(int at) {
        char c = text.charAt(at);
        boolean sign = c == '-' || c == '+';
        char before = text.charAt(Math.max(next, at - 1));
        return sign ? before == 'e' || before == 'E' : Character.isLetterOrDigit(c) || c == '.';
    }

    private void skipSpace() {
        while (!atEnd()) {
            char c = text.charAt(next);
            if (c == '#') {
                int end = text.indexOf('\n', next);
                next = end < 0 ? text.length() : end;
            } else if (Character.isWhitespace(c)) {
                next++;
            } else {
                return;
            }
        }
    }

    private static boolean isIdentifierStart(char c) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isIdentifierPart(char c) {
        return isIdentifierStart(c) || (c >= '0' && c <= '9');
    }

    static boolean isIdentifier(String name) {
        return !name.isEmpty()
                && isIdentifierStart(name.charAt(0))
                && name.chars().allMatch(c -> isIdentifierPart((char) c));
    }

    private String found() {
        return atEnd() ? "the end of the text" : "'" + Character.toString(text.codePointAt(next)) + "'";
    }

    /// A complaint about the place where the next token begins.
    InvalidInputException error(String problem) {
        String before = text.substring(0, Math.min(next, text.length()));
        long line = 1 + before.chars().filter(c -> c == '\n').count();
        int column = before.length() - before.lastIndexOf('\n');
        return new InvalidInputException("line %d, column %d: %s".formatted(line, column, problem));
    }
}
