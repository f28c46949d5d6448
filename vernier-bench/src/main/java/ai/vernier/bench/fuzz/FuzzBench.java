package ai.vernier.bench.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Gives many hostile inputs to a process of its own, so that a native crash is seen, and counts what
/// became of them. Inputs that crash or hang are saved, and beside them the log of a process that died.
///
/// Arguments: data folder (or `none`), number of inputs, seed, folder for what is found, series (`models`,
/// `quantize` or `files`, see [Series]), largest real model in bytes, first index.
public final class FuzzBench {
    /// Processor time without an answer. The limits end a trial after 5 s, but a node that has begun goes on.
    private static final Duration HANG = Duration.ofSeconds(60);

    /// Who waits for something that never comes uses no processor.
    private static final Duration STANDSTILL = Duration.ofMinutes(10);

    private static final long DEFAULT_LARGEST = 3L << 20;

    private final List<String> command;
    private final Path found;
    private final Map<String, Integer> verdicts = new TreeMap<>();
    private final List<String> crashes = new ArrayList<>();
    private int hangs;
    private Extreme slowest = new Extreme(0, "");
    private Extreme heap = new Extreme(0, "");
    private Extreme resident = new Extreme(0, "");

    private record Extreme(long value, String which) {
        Extreme or(long other, String name) {
            return other > value ? new Extreme(other, name) : this;
        }
    }

    private FuzzBench(List<String> command, Path found) {
        this.command = command;
        this.found = found;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        String data = args.length > 0 ? args[0] : "none";
        long count = args.length > 1 ? Long.parseLong(args[1]) : 1000;
        String seed = args.length > 2 ? args[2] : "1";
        Path found = Path.of(args.length > 3 ? args[3] : "fuzz-found");
        String name = args.length > 4 ? args[4] : "models";
        String largest = args.length > 5 ? args[5] : Long.toString(DEFAULT_LARGEST);
        long first = args.length > 6 ? Long.parseLong(args[6]) : 0;
        List<String> origin = List.of(name, data, largest, seed);
        FuzzBench bench = new FuzzBench(worker(origin, found), found);
        Files.createDirectories(found);
        long start = System.nanoTime();
        long next = first;
        while (next < first + count) {
            next = bench.run(
                    next, first + count, () -> Series.named(name, data, Long.parseLong(largest)), Long.parseLong(seed));
        }
        bench.report(count, (System.nanoTime() - start) / 1e9);
    }

    private static List<String> worker(List<String> origin, Path found) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx1g",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:-OmitStackTraceInFastThrow",
                "-XX:ErrorFile=" + found.resolve("hs_err_%p.log"),
                "-cp",
                System.getProperty("java.class.path"),
                FuzzWorker.class.getName()));
        command.addAll(origin);
        return command;
    }

    @FunctionalInterface
    private interface Opening {
        Series open() throws IOException;
    }

    /// Runs inputs from `first` on in a fresh process until it is done or dies; returns where to go on.
    private long run(long first, long end, Opening series, long seed) throws IOException, InterruptedException {
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of(Long.toString(first), Long.toString(end)));
        Process process = new ProcessBuilder(full)
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        found.resolve("stderr.txt").toFile()))
                .start();
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Thread reader = Thread.ofVirtual().start(() -> {
            process.inputReader(StandardCharsets.UTF_8).lines().forEach(lines::add);
            lines.add("gone");
        });
        long running = first;
        String line = next(lines, process);
        while (line != null && !line.equals("gone")) {
            running = take(line, running);
            line = next(lines, process);
        }
        process.destroyForcibly().waitFor();
        reader.join();
        if (running >= end) {
            return end;
        }
        String how = line == null ? "hang" : "crash " + process.exitValue();
        if (line == null) {
            hangs++;
        } else {
            crashes.add("%d: the process died with %d".formatted(running, process.exitValue()));
        }
        save(series.open(), seed, running, how);
        return running + 1;
    }

    /// The next line; null where the process hangs. A machine busy with other things is no hang.
    private static @Nullable String next(BlockingQueue<String> lines, Process process) throws InterruptedException {
        Duration before = processorTime(process);
        long start = System.nanoTime();
        while (true) {
            String line = lines.poll(1, TimeUnit.SECONDS);
            boolean hangs = processorTime(process).minus(before).compareTo(HANG) > 0
                    || System.nanoTime() - start > STANDSTILL.toNanos();
            if (line != null || hangs) {
                return line;
            }
        }
    }

    private static Duration processorTime(Process process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /// The input that is running after `line`.
    private long take(String line, long running) {
        String[] words = line.split(" ", 7);
        switch (words[0]) {
            case "begin" -> {
                return Long.parseLong(words[1]);
            }
            case "crash" -> {
                crashes.add(line.substring(words[0].length() + 1));
                System.out.println(line);
            }
            case "end" -> {
                verdicts.merge(words[2], 1, Integer::sum);
                String which = "input %s (%s, %s)".formatted(words[1], words[6], words[2]);
                slowest = slowest.or(Long.parseLong(words[3]), which);
                heap = heap.or(Long.parseLong(words[4]), which);
                resident = resident.or(Long.parseLong(words[5]), which);
                return Long.parseLong(words[1]) + 1;
            }
            default -> System.out.println(line);
        }
        return running;
    }

    private void save(Series series, long seed, long index, String how) throws IOException {
        Mutant mutant = series.input(seed, index);
        Path file = found.resolve("%d-%d-%s".formatted(seed, index, how.replace(' ', '-')));
        Files.write(file, mutant.input());
        System.out.println(how + ": " + file + " from " + mutant.origin());
    }

    private void report(long count, double seconds) {
        System.out.printf("inputs            %d in %.0f s: %s%n", count, seconds, verdicts);
        System.out.printf("crashes           %d%n", crashes.size());
        crashes.forEach(crash -> System.out.println("    " + crash));
        System.out.printf("hangs             %d%n", hangs);
        System.out.printf("slowest           %.2f s of processor time: %s%n", slowest.value() / 1e9, slowest.which());
        System.out.printf("most Java memory  %d MB allocated: %s%n", heap.value() >> 20, heap.which());
        System.out.printf("largest process   %d MB resident after: %s%n", resident.value() >> 20, resident.which());
    }
}
