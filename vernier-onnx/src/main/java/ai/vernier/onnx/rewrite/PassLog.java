package ai.vernier.onnx.rewrite;

import java.util.List;
import java.util.stream.Stream;

/// What passes did, place by place, in order.
public record PassLog(List<Entry> entries) {
    /// Nothing was done.
    public static final PassLog EMPTY = new PassLog(List.of());

    /// One place where a pass's pattern matched.
    ///
    /// @param pass the pass's name
    /// @param node the node at which its pattern matched, as [ai.vernier.onnx.Node#label()]
    public record Entry(String pass, String node, Outcome outcome) {}

    public PassLog {
        entries = List.copyOf(entries);
    }

    public PassLog plus(PassLog later) {
        return new PassLog(
                Stream.concat(entries.stream(), later.entries.stream()).toList());
    }

    public List<Entry> applied() {
        return entries.stream()
                .filter(entry -> entry.outcome() instanceof Outcome.Applied)
                .toList();
    }

    public List<Entry> skipped() {
        return entries.stream()
                .filter(entry -> entry.outcome() instanceof Outcome.Skipped)
                .toList();
    }
}
