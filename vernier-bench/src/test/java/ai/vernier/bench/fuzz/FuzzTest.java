package ai.vernier.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FuzzTest {
    private static final long SEED = 2026;

    /// The limit of a trial is 5 s; on a busy machine the last node may go on for a while.
    private static final long MAX_NANOS = Duration.ofSeconds(40).toNanos();

    /// Inputs of at most a few megabytes, and tensors of at most a quarter of a gigabyte.
    private static final long MAX_ALLOCATED = 2L << 30;

    @Test
    void theSmallModelsRunAsLongAsNobodyHarmsThem() throws IOException {
        for (Corpus.Seed seed : Corpus.small().groups().getFirst()) {
            assertThat(Trial.of(seed.bytes(), SEED)).as(seed.name()).isEqualTo(Trial.Verdict.RAN);
        }
    }

    @Test
    void theSameSeedGivesTheSameInput() throws IOException {
        for (int i = 0; i < 20; i++) {
            assertThat(Mutant.of(Corpus.small(), SEED, i).input())
                    .isEqualTo(Mutant.of(Corpus.small(), SEED, i).input());
        }
    }

    @Test
    void mutationsOfSmallModelsRunOrAreRefused() throws IOException {
        Map<Trial.Verdict, Integer> verdicts = run(Series.named("models", "none", 0), 1200);
        // A mutation that breaks everything tests only the reader.
        assertThat(verdicts.get(Trial.Verdict.RAN)).isGreaterThan(200);
        assertThat(verdicts.get(Trial.Verdict.INVALID)).isGreaterThan(200);
    }

    @Test
    void mutationsOfRealModelsRunOrAreRefused() throws IOException {
        Path data = Path.of(System.getProperty("vernier.root", ".."), "..", "shared", "data");
        assumeTrue(Files.isDirectory(data), "no models in " + data.toAbsolutePath());
        Map<Trial.Verdict, Integer> verdicts = run(Series.named("models", data.toString(), 1 << 20), 800);
        assertThat(verdicts.get(Trial.Verdict.RAN)).isGreaterThan(100);
    }

    @Test
    void mutationsOfModelsAreQuantizedOrRefused() throws IOException {
        Map<Trial.Verdict, Integer> verdicts = run(Series.named("quantize", "none", 0), 600);
        assertThat(verdicts.get(Trial.Verdict.RAN)).isGreaterThan(80);
        assertThat(verdicts.get(Trial.Verdict.INVALID)).isGreaterThan(80);
    }

    @Test
    void mutationsOfArraysImagesRecipesAndEncodingsAreReadOrRefused() throws IOException {
        Map<Trial.Verdict, Integer> verdicts = run(Series.named("files", "none", 0), 2000);
        assertThat(verdicts.get(Trial.Verdict.RAN)).isGreaterThan(100);
        assertThat(verdicts.get(Trial.Verdict.INVALID)).isGreaterThan(1000);
    }

    @Test
    void theFilesAreReadAsLongAsNobodyHarmsThem() throws IOException {
        Series files = Series.named("files", "none", 0);
        for (SmallFiles.Seed seed : SmallFiles.all()) {
            Mutant whole = new Mutant(seed.name(), seed.content());
            // With one seed or another: what it is read for (types, shapes, sizes) hangs on the seed.
            boolean read = false;
            for (int i = 0; i < 16; i++) {
                read |= files.trial(whole, i) == Trial.Verdict.RAN;
            }
            assertThat(read).as(seed.name()).isTrue();
        }
    }

    private static Map<Trial.Verdict, Integer> run(Series series, int count) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Map<Trial.Verdict, Integer> verdicts = new EnumMap<>(Trial.Verdict.class);
        for (int index = 0; index < count; index++) {
            Mutant mutant = series.input(SEED, index);
            String what = "seed %d, input %d from %s".formatted(SEED, index, mutant.origin());
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            verdicts.merge(verdict(series, mutant, index, what), 1, Integer::sum);
            assertThat(System.nanoTime() - start).as(what + ": nanoseconds").isLessThan(MAX_NANOS);
            assertThat(threads.getCurrentThreadAllocatedBytes() - allocated)
                    .as(what + ": bytes allocated")
                    .isLessThan(MAX_ALLOCATED);
        }
        return verdicts;
    }

    private static Trial.Verdict verdict(Series series, Mutant mutant, long index, String what) throws IOException {
        try {
            return series.trial(mutant, index);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return fail(what, e);
        }
    }
}
