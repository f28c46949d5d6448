package ai.vernier;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The house rules that only the source text shows, over all modules.
class SourceTest {
    private static final int MOST_LINES = 700;

    private final Path root = Path.of(Objects.requireNonNull(System.getProperty("vernier.root"), "vernier.root"));
    private final List<Path> sources = sources();

    @Test
    void noFileIsTooLongToRead() {
        assertThat(sources)
                .isNotEmpty()
                .allSatisfy(file ->
                        assertThat(text(file).lines()).as("lines of %s", file).hasSizeLessThanOrEqualTo(MOST_LINES));
    }

    @Test
    void everyPackageIsNullMarkedAndSaysWhatItIs() {
        assertThat(sources.stream().filter(file -> isIn("src/main/java", file)).map(Path::getParent))
                .isNotEmpty()
                .allSatisfy(folder -> assertThat(folder.resolve("package-info.java"))
                        .content()
                        .contains("///", "@NullMarked"));
    }

    /// These constants are the smallest positive values, hardly ever what was meant; the compiler inlines them, so the
    /// classes do not show them.
    @Test
    void nobodyUsesTheSmallestPositiveFloat() {
        assertThat(sources)
                .isNotEmpty()
                .allSatisfy(file -> assertThat(text(file)).doesNotContainPattern("\\b(Float|Double)\\.MIN_VALUE\\b"));
    }

    @Test
    void nothingIsLeftToDo() {
        assertThat(sources)
                .isNotEmpty()
                .allSatisfy(file -> assertThat(text(file)).doesNotContainPattern("//.*\\b(TO" + "DO|FIX" + "ME)\\b"));
    }

    private List<Path> sources() {
        try (Stream<Path> modules = Files.list(root)) {
            return modules.filter(module -> Files.exists(module.resolve("pom.xml")))
                    .map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(SourceTest::javaFiles)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Path> javaFiles(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isIn(String folder, Path file) {
        return file.toString().replace('\\', '/').contains("/" + folder + "/");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
