package ai.vernier.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Java, processor, memory and disk as [Check]s.
final class MachineChecks {
    private static final long LITTLE_MEMORY = 2_000_000_000L;
    private static final long LITTLE_DISK = 1_000_000_000L;

    /// What LibTorch and integer kernels profit from, as Linux names it.
    private static final Set<String> INTERESTING = Set.of(
            "avx2",
            "fma",
            "avx512f",
            "avx512_vnni",
            "avx_vnni",
            "avx512_bf16",
            "amx_int8",
            "asimd",
            "asimddp",
            "i8mm",
            "sve");

    private MachineChecks() {}

    /// @param folder where results would be written
    static List<Check> all(Path folder) {
        return List.of(
                java(),
                Check.attempt("processor", MachineChecks::processor),
                Check.attempt("memory", MachineChecks::memory),
                Check.attempt("folder", () -> folder(folder)));
    }

    private static Check java() {
        String found = "%s (%s) at %s"
                .formatted(Runtime.version(), System.getProperty("java.vendor"), System.getProperty("java.home"));
        return Check.ok("java", found);
    }

    private static Check processor() throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        Set<String> features = new TreeSet<>();
        Path cpuinfo = Path.of("/proc/cpuinfo");
        if (Files.isReadable(cpuinfo)) {
            try (Stream<String> lines = Files.lines(cpuinfo)) {
                lines.filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                        .limit(1)
                        .flatMap(line -> Stream.of(line.split("\\s+")))
                        .filter(INTERESTING::contains)
                        .forEach(features::add);
            }
        }
        String names = features.isEmpty() ? "features unknown" : String.join(" ", features);
        return Check.ok(
                "processor",
                "%d cores, %s %s, %s"
                        .formatted(cores, System.getProperty("os.name"), System.getProperty("os.arch"), names));
    }

    private static Check memory() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long total = system.getTotalMemorySize();
        String found = "%s, of which %s free; Java heap at most %s"
                .formatted(
                        Units.bytes(total),
                        Units.bytes(system.getFreeMemorySize()),
                        Units.bytes(Runtime.getRuntime().maxMemory()));
        return total < LITTLE_MEMORY ? Check.note("memory", found + ": little") : Check.ok("memory", found);
    }

    private static Check folder(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath();
        long free = Files.getFileStore(absolute).getUsableSpace();
        String found = absolute + ", " + Units.bytes(free) + " free";
        if (!Files.isWritable(absolute)) {
            return Check.note("folder", found + ", not writable: name another with --out");
        }
        return free < LITTLE_DISK ? Check.note("folder", found + ": little") : Check.ok("folder", found);
    }
}
