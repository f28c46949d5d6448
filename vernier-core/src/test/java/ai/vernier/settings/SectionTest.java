package ai.vernier.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SectionTest {
    private static final Section.Bounds BYTE = new Section.Bounds(0, 255);

    @Test
    void readsValuesOfEveryKind() {
        Section section = Section.parse("f.yaml", """
                name: net   # a comment
                bits: 8
                ratio: 0.5
                on: true
                list: [a, b]
                one: alone
                inner: {key: value}
                many:
                  - n: 1
                  - n: 2
                nothing:
                """);

        assertThat(section.text("name")).isEqualTo("net");
        assertThat(section.integer("bits", BYTE, 0)).isEqualTo(8);
        assertThat(section.real("ratio", 0)).isEqualTo(0.5);
        assertThat(section.flag("on", false)).isTrue();
        assertThat(section.texts("list")).containsExactly("a", "b");
        assertThat(section.texts("one")).containsExactly("alone");
        assertThat(section.section("inner").text("key")).isEqualTo("value");
        assertThat(section.sections("many"))
                .extracting(item -> item.integer("n", BYTE, 0))
                .containsExactly(1, 2);
        assertThat(section.has("nothing")).isFalse();
        assertThat(section.integer("absent", BYTE, 7)).isEqualTo(7);
        section.finish();
    }

    /// A device such as /dev/zero has no size, so that the bytes are counted as they come.
    @Test
    void filesOfMoreThanAnybodyWritesAreRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("large.yaml");
        Files.write(file, new byte[(16 << 20) + 1]);

        assertThatThrownBy(() -> Section.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("has more than 16777216 bytes");
    }

    @Test
    void tellsEveryProblemWithItsPlace() {
        Section section = Section.parse("f.yaml", """
                bits: 300
                flag: maybe
                rules:
                  - weight-bitz: 3
                    n: x
                """);
        section.integer("bits", BYTE, 0);
        section.flag("flag", false);
        Section rule = section.sections("rules").getFirst();
        rule.integer("weight-bits", BYTE, 0);
        rule.integer("n", BYTE, 0);
        section.text("name");

        assertThatThrownBy(section::finish)
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "f.yaml:1: bits: found '300', expected an integer from 0 to 255",
                                        "f.yaml:2: flag: found 'maybe', expected true or false",
                                        "f.yaml:5: rules[0].n: found 'x', expected an integer from 0 to 255",
                                        "f.yaml:1: name: is missing; this file needs it",
                                        "f.yaml:4: rules[0].weight-bitz: unknown key; did you mean 'weight-bits'?"));
    }

    @Test
    void refusesWhatIsNoMapping() {
        assertThatThrownBy(() -> Section.parse("f.yaml", "- a\n- b\n")).hasMessageContaining("f.yaml:1: found a list");
        assertThatThrownBy(() -> Section.parse("f.yaml", "a: [1, 2\nb: 3\n")).hasMessageContaining("not valid YAML");
        assertThatThrownBy(() -> Section.parse("f.yaml", "a: 1\na: 2\n")).hasMessageContaining("f.yaml:2: key 'a'");
    }

    @Test
    void nearestNamesAreThoseAFewEditsAway() {
        List<String> known = List.of("layer1.conv.weight", "layer2.conv.weight", "input");

        assertThat(Nearest.of("layer1.conv.wieght", known)).first().isEqualTo("layer1.conv.weight");
        assertThat(Nearest.of("Input", known)).containsExactly("input");
        assertThat(Nearest.hint("zzz", known)).isEmpty();
    }
}
