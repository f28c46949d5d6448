package ai.vernier.bench.fuzz;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The process that takes the blows: runs a range of inputs and says, line by line, what became of each.
///
///     begin INDEX
///     end INDEX VERDICT NANOSECONDS HEAP_BYTES RESIDENT_BYTES ORIGIN or crash INDEX EXCEPTION
final class FuzzWorker {
    private FuzzWorker() {}

    /// Time is the process's processor time: the machine may be busy with other things.
    ///
    /// Arguments: series, data folder or `none`, largest model, seed, first index, index after the last.
    public static void main(String[] args) throws IOException {
        Series series = Series.named(args[0], args[1], Long.parseLong(args[2]));
        long seed = Long.parseLong(args[3]);
        // Loading LibTorch takes longer than most trials.
        Trial.of(Corpus.small().groups().getFirst().getFirst().bytes(), seed);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        for (long index = Long.parseLong(args[4]); index < Long.parseLong(args[5]); index++) {
            Mutant mutant = series.input(seed, index);
            System.out.println("begin " + index);
            long heap = threads.getCurrentThreadAllocatedBytes();
            long start = process.getProcessCpuTime();
            String verdict = verdict(series, mutant, index);
            long time = process.getProcessCpuTime() - start;
            long allocated = threads.getCurrentThreadAllocatedBytes() - heap;
            System.out.printf(
                    "end %d %s %d %d %d %s%n",
                    index, verdict, time, allocated, resident(), mutant.origin().replace(' ', '_'));
        }
    }

    private static String verdict(Series series, Mutant mutant, long seed) throws IOException {
        try {
            return series.trial(mutant, seed).name();
        } catch (RuntimeException | Error e) {
            StackTraceElement[] trace = e.getStackTrace();
            List<StackTraceElement> ours = List.of(trace).stream()
                    .filter(frame -> frame.getClassName().startsWith("ai.vernier"))
                    .limit(3)
                    .toList();
            String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            System.out.println("crash " + seed + " " + e.getClass().getName() + ": " + message + " at " + ours);
            return "CRASH";
        }
    }

    /// The process's resident memory, 0 where the system does not tell.
    private static long resident() throws IOException {
        Path status = Path.of("/proc/self/statm");
        return Files.exists(status) ? Long.parseLong(Files.readString(status).split(" ", -1)[1]) * 4096 : 0;
    }
}
