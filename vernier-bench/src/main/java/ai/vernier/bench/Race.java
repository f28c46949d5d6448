package ai.vernier.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
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
    /// @param processorRatio least processor time of a round, all threads together, divided by the first
    ///     contestant's least; other work on the machine hardly changes it
    record Result(String name, double medianSeconds, double ratio, double processorRatio) {}

    /// Seconds of one round, by contestant: on the clock, and of the processor.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Round(double[] wall, double[] processor) {}

    /// Runs all rounds; results in the order of the contestants.
    List<Result> run() {
        round();
        List<Round> counted = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            counted.add(round());
        }
        return results(counted);
    }

    private Round round() {
        Round round = new Round(new double[contestants.size()], new double[contestants.size()]);
        for (int i = 0; i < contestants.size(); i++) {
            long start = System.nanoTime();
            long processorStart = processorNanos();
            contestants.get(i).work().run();
            round.wall[i] = (System.nanoTime() - start) / 1e9;
            round.processor[i] = (processorNanos() - processorStart) / 1e9;
        }
        return round;
    }

    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    List<Result> results(List<Round> counted) {
        List<Result> results = new ArrayList<>();
        double bare = leastProcessor(counted, 0);
        for (int i = 0; i < contestants.size(); i++) {
            int column = i;
            double median = median(counted.stream().mapToDouble(round -> round.wall[column]));
            double ratio = median(counted.stream().mapToDouble(round -> round.wall[column] / round.wall[0]));
            double processorRatio = leastProcessor(counted, column) / bare;
            results.add(new Result(contestants.get(i).name(), median, ratio, processorRatio));
        }
        return results;
    }

    private static double leastProcessor(List<Round> counted, int column) {
        return counted.stream()
                .mapToDouble(round -> round.processor[column])
                .min()
                .orElseThrow();
    }

    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// A Markdown table of the results.
    static String markdown(List<Result> results) {
        StringBuilder table = new StringBuilder("| pass | median ms | ratio | processor ratio |\n|---|--:|--:|--:|\n");
        for (Result result : results) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %.0f | %.2f | %.2f |\n",
                    result.name(),
                    1000 * result.medianSeconds(),
                    result.ratio(),
                    result.processorRatio()));
        }
        return table.toString();
    }
}
