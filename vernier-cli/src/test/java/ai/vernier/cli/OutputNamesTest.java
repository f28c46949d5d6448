package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutputNamesTest {
    @Test
    void charactersThatFilesCannotHaveAreReplaced() {
        assertThat(OutputNames.files(List.of("StatefulPartitionedCall:0", "a/b\\c", "plain")))
                .containsExactly(
                        Map.entry("StatefulPartitionedCall:0", "StatefulPartitionedCall_0.npy"),
                        Map.entry("a/b\\c", "a_b_c.npy"),
                        Map.entry("plain", "plain.npy"));
    }

    @Test
    void longNamesAreCutAndMarksOfDirectionReplaced() {
        String pairs = "𝛼".repeat(300);
        assertThat(OutputNames.files(List.of("a".repeat(300), "a".repeat(301), pairs, "b\u202e\u009b"))
                        .values())
                .containsExactly(
                        "a".repeat(200) + ".npy", "a".repeat(200) + "_2.npy", "𝛼".repeat(50) + ".npy", "b__.npy");
    }

    @Test
    void namesThatBecomeEqualStayApart() {
        assertThat(OutputNames.files(List.of("x:0", "x/0", "X_0")).values())
                .containsExactly("x_0.npy", "x_0_2.npy", "X_0_3.npy");
    }
}
