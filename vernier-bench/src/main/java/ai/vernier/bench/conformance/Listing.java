package ai.vernier.bench.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The committed list of cases that do not pass natively; every case that it leaves out does.
///
///     fallback       node/test_x: com.microsoft.X
final class Listing {
    private static final String HEADER =
            "# ONNX backend cases that do not pass natively. Regenerate: see ai.vernier.bench.conformance.Conformance\n";

    private final Map<String, State> states;

    private Listing(Map<String, State> states) {
        this.states = states;
    }

    static String print(List<Outcome> outcomes) {
        StringBuilder text = new StringBuilder(HEADER);
        for (Outcome outcome : outcomes) {
            if (outcome.state() != State.NATIVE) {
                text.append("%-14s %s%n".formatted(outcome.state().text(), outcome.caseName()));
            }
        }
        return text.toString();
    }

    static Listing parse(String text) {
        Map<String, State> states = new LinkedHashMap<>();
        for (String line : text.lines().toList()) {
            if (!line.startsWith("#")) {
                int space = line.indexOf(' ');
                states.put(line.substring(space).strip(), State.parse(line.substring(0, space)));
            }
        }
        return new Listing(states);
    }

    /// What got worse: cases that end further down the order of [State] than listed.
    List<String> regressions(List<Outcome> outcomes) {
        List<String> lines = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            State listed = states.getOrDefault(outcome.caseName(), State.NATIVE);
            if (outcome.state().compareTo(listed) > 0) {
                lines.add("was %s: %s".formatted(listed.text(), outcome.toLine()));
            }
        }
        return lines;
    }
}
