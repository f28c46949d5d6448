package ai.vernier.data;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/// The image files that can be read, by the ends of their names.
final class ImageFormat {
    private static final Set<String> SUFFIXES = Set.of("jpg", "jpeg", "png", "bmp");

    private ImageFormat() {}

    static boolean accepts(Path path) {
        return SUFFIXES.contains(suffix(path));
    }

    /// What follows the last dot of the name, in lower case.
    static String suffix(Path path) {
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
