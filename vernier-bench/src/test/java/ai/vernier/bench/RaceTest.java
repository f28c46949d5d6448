package ai.vernier.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.bench.Race.Contestant;
import ai.vernier.bench.Race.Result;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RaceTest {
    @Test
    void contestantsTakeTurns() {
        List<String> log = new ArrayList<>();
        new Race(List.of(new Contestant("a", () -> log.add("a")), new Contestant("b", () -> log.add("b"))), 2).run();
        assertThat(log).containsExactly("a", "b", "a", "b", "a", "b");
    }

    @Test
    void aRatioIsTheMedianOfTheRatiosWithinEachRound() {
        Race race = new Race(List.of(new Contestant("bare", () -> {}), new Contestant("ours", () -> {})), 3);
        // The second round met a slow minute: its times are tenfold, its ratio is not.
        double[][] seconds = {{1, 2}, {10, 22}, {1, 2.5}};
        assertThat(race.results(seconds)).containsExactly(new Result("bare", 1, 1), new Result("ours", 2.5, 2.2));
    }

    @Test
    void anEvenNumberOfRoundsHasItsMedianBetweenTheMiddleTwo() {
        Race race = new Race(List.of(new Contestant("bare", () -> {})), 2);
        assertThat(race.results(new double[][] {{1}, {4}})).containsExactly(new Result("bare", 2.5, 1));
    }

    @Test
    void theTableIsMarkdown() {
        assertThat(Race.markdown(List.of(new Result("bare", 0.3406, 1), new Result("ours", 0.7, 2.06))))
                .isEqualTo("""
                        | pass | median ms | ratio |
                        |---|--:|--:|
                        | bare | 341 | 1.00 |
                        | ours | 700 | 2.06 |
                        """);
    }
}
