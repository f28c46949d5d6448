package ai.vernier.bench.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/// Runs the ONNX backend cases on the engine: `Conformance [REGEX]` prints the cases with a matching name that do not
/// pass natively or whose gradient is wrong, and a summary; `Conformance --write` runs them all and renews the
/// committed listing and `docs/operators.md`.
///
///     mvn -q -pl vernier-bench -am process-classes -Dbench.main=ai.vernier.bench.conformance.Conformance
///
/// Needs the archive in `../shared/data/onnx-backend-tests`, or in the folder that `-Dvernier.data` names.
public final class Conformance {
    static final Path TABLE = Path.of("docs/operators.md");
    static final Path LISTING = Path.of("vernier-bench/src/test/resources/ai/vernier/bench/conformance/cases.txt");

    private static final Logger ENGINE = Logger.getLogger("ai.vernier.engine");

    private Conformance() {}

    public static void main(String[] args) throws IOException {
        ENGINE.setLevel(Level.WARNING); // the fallbacks are in the listing
        boolean write = args.length > 0 && args[0].equals("--write");
        Predicate<String> filter =
                args.length > 0 && !write ? Pattern.compile(args[0]).asPredicate() : _ -> true;
        try (ConformanceArchive archive = ConformanceArchive.in(folder(Path.of("")))
                .orElseThrow(() -> new IllegalArgumentException("no archive in " + folder(Path.of(""))))) {
            List<Outcome> outcomes = run(archive, filter);
            outcomes.stream()
                    .filter(outcome -> outcome.state() != State.NATIVE
                            || outcome.gradient().startsWith("differs"))
                    .forEach(outcome -> System.out.println(outcome.toLine()));
            System.out.println(summary(outcomes));
            if (write) {
                Files.createDirectories(LISTING.getParent());
                Files.writeString(LISTING, Listing.print(outcomes));
                Files.writeString(TABLE, OperatorsTable.print(outcomes));
            }
        }
    }

    /// @param root the project's folder
    static Path folder(Path root) {
        String data = System.getProperty(
                "vernier.data", root.resolve("../shared/data").toString());
        return Path.of(data).resolve("onnx-backend-tests");
    }

    static List<Outcome> run(ConformanceArchive archive, Predicate<String> filter) {
        List<Outcome> outcomes = new ArrayList<>();
        for (ConformanceCase test : archive.cases()) {
            if (filter.test(test.name())) {
                outcomes.add(CaseRunner.withGradient(test, CaseRunner.run(test)));
            }
        }
        return outcomes;
    }

    static String summary(List<Outcome> outcomes) {
        Map<State, Integer> counts = new EnumMap<>(State.class);
        outcomes.forEach(outcome -> counts.merge(outcome.state(), 1, Integer::sum));
        List<String> parts = new ArrayList<>();
        counts.forEach((state, count) -> parts.add(count + " " + state.text()));
        return "%d cases: %s".formatted(outcomes.size(), String.join(", ", parts));
    }
}
