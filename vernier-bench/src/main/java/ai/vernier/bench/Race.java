package ai.vernier.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/// Pieces of work that are timed in turns: one round runs each once, in order. The first is what the others are
/// compared with.
///
/// @param rounds counted rounds, at least 1; one more is run before them to warm up
record Race(List<Contestant> contestants, int rounds) {
    Race {
        contestants = List.copyOf(contestants);
        if (contestants.isEmpty() || rounds < 1) {
            throw new IllegalArgumentException("nothing to time");
        }
    }

    record Contestant(String name, Runnable work) {}

    /// How one contestant did.
    ///
    /// @param medianSeconds over the rounds
    /// @param ratio median over the rounds of its time divided by the first contestant's time in that round
    record Result(String name, double medianSeconds, double ratio) {}

    /// Runs all rounds; results in the order of the contestants.
    List<Result> run() {
        round();
        double[][] seconds = new double[rounds][];
        for (int i = 0; i < rounds; i++) {
            seconds[i] = round();
        }
        return results(seconds);
    }

    private double[] round() {
        double[] seconds = new double[contestants.size()];
        for (int i = 0; i < seconds.length; i++) {
            long start = System.nanoTime();
            contestants.get(i).work().run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        return seconds;
    }

    /// Results from the times of every round, `seconds[round][contestant]`.
    List<Result> results(double[][] seconds) {
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < contestants.size(); i++) {
            int column = i;
            double median = median(Arrays.stream(seconds).mapToDouble(round -> round[column]));
            double ratio = median(Arrays.stream(seconds).mapToDouble(round -> round[column] / round[0]));
            results.add(new Result(contestants.get(i).name(), median, ratio));
        }
        return results;
    }

    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// A Markdown table of the results.
    static String markdown(List<Result> results) {
        StringBuilder table = new StringBuilder("| pass | median ms | ratio |\n|---|--:|--:|\n");
        for (Result result : results) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %.0f | %.2f |\n",
                    result.name(),
                    1000 * result.medianSeconds(),
                    result.ratio()));
        }
        return table.toString();
    }
}
