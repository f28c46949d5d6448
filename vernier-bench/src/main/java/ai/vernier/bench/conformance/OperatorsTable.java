package ai.vernier.bench.conformance;

import ai.vernier.engine.op.OpTable;
import ai.vernier.onnx.Node;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// What the engine does with every operator, as the Markdown table in `docs/operators.md`.
final class OperatorsTable {
    private static final String HEADER = """
            # Operators

            What the engine does with every operator that it knows or that the ONNX backend cases use. Written by
            `mvn -q -pl vernier-bench -am process-classes -Dbench.main=ai.vernier.bench.conformance.Conformance -Dbench.args=--write`;
            a test fails when a case that passed stops passing, or when this table is not what the command writes.

            - **runs**: *native* on LibTorch; *fallback*: node by node in ONNX Runtime; *not applicable*: strings, sequences, image files, training.
            - **opsets**: the versions from which on the engine has a formula of its own; each holds up to the next one or to the newest.
              Where the first one is below 7, all versions since 7 are covered.
            - **gradient**: *checked* against a difference quotient in double precision; *flows*: there, but not checked; –: none.
            - **cases**: passed / applicable backend cases whose model contains the operator.

            | operator | runs | opsets | gradient | cases |
            |---|---|---|---|--:|
            """;

    /// Nodes with sub-graphs are bound by the compiler, not by the operator table.
    private static final Set<String> CONTROL_FLOW = Set.of("If", "Loop", "Scan", "ai.onnx.preview.FlexAttention");

    private final SortedMap<String, Row> rows =
            new TreeMap<>(String.CASE_INSENSITIVE_ORDER.thenComparing(name -> name));
    private final Map<String, SortedSet<Long>> versions = OpTable.builtIn().versions();

    private static final class Row {
        private int passed;
        private int applicable;
        private final SortedSet<String> fallbacks = new TreeSet<>();
        private final SortedSet<String> gradients = new TreeSet<>();
    }

    static String print(List<Outcome> outcomes) {
        OperatorsTable table = new OperatorsTable();
        table.versions.keySet().forEach(table::row);
        outcomes.forEach(table::count);
        StringBuilder text = new StringBuilder(HEADER);
        table.rows.forEach((type, row) -> text.append("| %s | %s | %s | %s | %s |%n"
                .formatted(type, table.runs(type, row), table.opsets(type), gradient(row), cases(row))));
        return text.append("\n%s.\n".formatted(Conformance.summary(outcomes))).toString();
    }

    private Row row(String type) {
        return rows.computeIfAbsent(type, _ -> new Row());
    }

    private void count(Outcome outcome) {
        Set<String> types = Applicability.nodes(outcome.model().graph())
                .map(Node::qualifiedType)
                .collect(Collectors.toSet());
        for (String type : types) {
            Row row = row(type);
            row.applicable += outcome.state() == State.NOT_APPLICABLE ? 0 : 1;
            row.passed += outcome.state().isPassed() ? 1 : 0;
            if (outcome.state() == State.FALLBACK
                    && List.of(outcome.detail().split(", ", -1)).contains(type)) {
                row.fallbacks.add(outcome.caseName());
            }
            if (types.size() == 1 && !outcome.gradient().isEmpty()) {
                row.gradients.add(outcome.gradient());
            }
        }
    }

    private String runs(String type, Row row) {
        boolean known = versions.containsKey(type) || CONTROL_FLOW.contains(type);
        if (known) {
            int count = row.fallbacks.size();
            return count == 0 ? "native" : "native, %d case%s by fallback".formatted(count, count == 1 ? "" : "s");
        }
        if (row.applicable == 0) {
            return "not applicable";
        }
        return row.passed > 0 ? "fallback" : "unsupported";
    }

    private String opsets(String type) {
        SortedSet<Long> known = versions.getOrDefault(type, new TreeSet<>());
        return known.isEmpty() ? "" : known.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static String gradient(Row row) {
        if (row.gradients.stream().anyMatch(found -> found.startsWith("differs"))) {
            return "**differs**";
        }
        return row.gradients.contains("checked") ? "checked" : row.gradients.contains("flows") ? "flows" : "–";
    }

    private static String cases(Row row) {
        return row.applicable == 0 ? "" : row.passed + " / " + row.applicable;
    }
}
