package ai.vernier.bench.opsets;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Spoils nodes of every operator and looks at how the engine takes it: `ErrorExam CASES SEED [REGEX]` prints whatever
/// ends
/// in anything but a result or a complaint of our own that names the node.
///
///     mvn -q -pl vernier-bench -am process-classes -Dbench.main=ai.vernier.bench.opsets.ErrorExam -Dbench.args="50 1"
public final class ErrorExam {
    private ErrorExam() {}

    public static void main(String[] args) {
        Map<String, Integer> counts = new TreeMap<>();
        String filter = args.length > 2 ? args[2] : ".*";
        String version = "";
        for (OpsetExam.Question question :
                OpsetExam.questions(Integer.parseInt(args[0]), Long.parseLong(args[1]), filter)) {
            if (!version.equals(question.version())) {
                version = question.version();
                System.err.println(version); // the last one is where a crash was
            }
            Sketch sketch = question.sketch();
            Mutant mutant = Mutant.of(sketch);
            Optional<String> complaint = mutant.complaint();
            counts.merge(complaint.isEmpty() ? "fine" : "not fine", 1, Integer::sum);
            complaint.ifPresent(text -> System.out.printf(
                    "%s%n    %s %s%n    %s%n",
                    sketch,
                    mutant.how(),
                    mutant.model().graph().nodes().getFirst().attributes(),
                    text));
        }
        System.out.println(counts);
    }
}
