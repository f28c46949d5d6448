package ai.vernier.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A text file that names one sample per line, as QNN's `--input_list` does: `path`, or `name:=path
/// name:=path` for several inputs. Empty lines and lines that begin with `#` or `%` (there: output
/// names) are skipped.
///
/// A relative path counts from the list's folder, or where it does not lead to a file, from the working
/// directory.
final class SampleList {
    private static final String SEPARATOR = ":=";

    /// Room for the paths of some millions of samples; a pipe or a device may never end.
    private static final int LARGEST_BYTES = 256 << 20;

    private final Path file;
    private final List<Line> lines;

    private SampleList(Path file, List<Line> lines) {
        this.file = file;
        this.lines = lines;
    }

    private record Line(int number, String text) {}

    /// @throws InvalidInputException where it cannot be read, is no text or lists nothing
    static SampleList read(Path file) {
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String text : text(file)) {
            number++;
            if (!text.isBlank() && !text.startsWith("#") && !text.startsWith("%")) {
                lines.add(new Line(number, text.strip()));
            }
        }
        if (lines.isEmpty()) {
            throw new InvalidInputException(file + ": lists no samples; write one path per line");
        }
        return new SampleList(file, lines);
    }

    private static List<String> text(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST_BYTES + 1);
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            if (bytes.length > LARGEST_BYTES || text.indexOf('\0') >= 0) {
                throw noText(file);
            }
            return text.lines().toList();
        } catch (CharacterCodingException _) {
            throw noText(file);
        } catch (IOException e) {
            throw FileProblem.of(file, e);
        }
    }

    private static InvalidInputException noText(Path file) {
        return new InvalidInputException(
                "%s: neither a .npy, .npz or image file nor a text file that lists samples".formatted(file));
    }

    /// Whether every line is the path of an image.
    boolean listsImages() {
        return lines.stream().allMatch(line -> ImageFormat.accepts(Path.of(line.text())));
    }

    /// The files of a list with one path per line.
    List<Path> paths() {
        return lines.stream().map(line -> resolve(line.text())).toList();
    }

    /// The files per input, in the order of `names`.
    ///
    /// @throws InvalidInputException with all lines that do not name every input once
    Map<String, List<Path>> paths(List<String> names) {
        Map<String, List<Path>> paths = new LinkedHashMap<>();
        names.forEach(name -> paths.put(name, new ArrayList<>()));
        List<String> problems = new ArrayList<>();
        for (Line line : lines) {
            Map<String, Path> parts = parts(line, names);
            if (parts.keySet().equals(paths.keySet())) {
                parts.forEach((name, path) ->
                        paths.computeIfAbsent(name, _ -> new ArrayList<>()).add(path));
            } else {
                problems.add("%s, line %d: feeds %s, but the model has %s; write name:=path for each input"
                        .formatted(file, line.number(), parts.keySet(), names));
            }
        }
        ProblemList.throwIfAny(problems);
        return paths;
    }

    private Map<String, Path> parts(Line line, List<String> names) {
        Map<String, Path> parts = new LinkedHashMap<>();
        if (!line.text().contains(SEPARATOR)) {
            parts.put(names.size() == 1 ? names.getFirst() : "one unnamed input", resolve(line.text()));
            return parts;
        }
        for (String part : line.text().split("\\s+", -1)) {
            int separator = part.indexOf(SEPARATOR);
            String name = separator < 0 ? part : part.substring(0, separator);
            parts.put(name, resolve(part.substring(separator < 0 ? 0 : separator + SEPARATOR.length())));
        }
        return parts;
    }

    private Path resolve(String path) {
        Path besideList = file.resolveSibling(path);
        return Files.exists(besideList) ? besideList : Path.of(path);
    }
}
