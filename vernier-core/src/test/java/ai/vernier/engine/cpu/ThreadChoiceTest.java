package ai.vernier.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ThreadChoiceTest {
    private final ThreadChoice choice = new ThreadChoice();

    /// One letter a run: together or alone.
    private String runs(int count, double together, double alone) {
        StringBuilder modes = new StringBuilder();
        IntStream.range(0, count).forEach(_ -> {
            modes.append(choice.isTogether() ? 't' : 'a');
            choice.took(choice.isTogether() ? together : alone);
        });
        return modes.toString();
    }

    @Test
    void sharesOnAQuietMachineAfterOneComparison() {
        assertThat(runs(12, 10, 19)).isEqualTo("ttattttttttt");
    }

    @Test
    void goesAloneBesideOthersAndTriesAgainLessAndLessOften() {
        assertThat(runs(34, 500, 19)).isEqualTo("tta" + "aaaat" + "aaaaaaaat" + "aaaaaaaaaaaaaaaat" + "");
    }

    @Test
    void comesBackWhenTheOthersAreGone() {
        runs(40, 500, 19);
        String after = runs(40, 10, 19);
        assertThat(after).endsWith("tttttttt").startsWith("a");
        assertThat(after).matches("a+t+");
    }

    @Test
    void oneSlowRunIsNoReason() {
        runs(10, 10, 19);
        assertThat(runs(1, 90, 19)).isEqualTo("t");
        assertThat(runs(5, 10, 19)).isEqualTo("ttttt");
    }

    @Test
    void twoSlowRunsAskForAComparison() {
        runs(10, 10, 19);
        assertThat(runs(2, 90, 19)).isEqualTo("tt");
        assertThat(runs(3, 90, 19)).isEqualTo("aaa");
    }

    @Test
    void whatBecameSlowerButStillWinsGoesOn() {
        runs(10, 10, 19);
        assertThat(runs(8, 17, 19)).isEqualTo("ttattttt");
    }
}
