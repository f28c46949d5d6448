package ai.vernier.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.bench.Race.Contestant;
import ai.vernier.bench.Race.Result;
import ai.vernier.bench.Race.Round;
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
        List<Round> rounds = List.of(round(1, 2), round(10, 22), round(1, 2.5));
        assertThat(race.results(rounds)).containsExactly(new Result("bare", 1, 1, 1), new Result("ours", 2.5, 2.2, 2));
    }

    @Test
    void anEvenNumberOfRoundsHasItsMedianBetweenTheMiddleTwo() {
        Race race = new Race(List.of(new Contestant("bare", () -> {})), 2);
        assertThat(race.results(List.of(round(1), round(4)))).containsExactly(new Result("bare", 2.5, 1, 1));
    }

    private static Round round(double... seconds) {
        return new Round(seconds, seconds);
    }

    @Test
    void theTableIsMarkdown() {
        assertThat(Race.markdown(List.of(new Result("bare", 0.3406, 1, 1), new Result("ours", 0.7, 2.06, 1.98))))
                .isEqualTo("""
                        | pass | median ms | ratio | processor ratio |
                        |---|--:|--:|--:|
                        | bare | 341 | 1.00 | 1.00 |
                        | ours | 700 | 2.06 | 1.98 |
                        """);
    }
}
