package ai.vernier.recipe;

import java.util.Comparator;
import java.util.List;

/// Settings for some tensors and nodes. Of the rules that select the same thing, the last one counts, setting by
/// setting.
///
/// @param settings kept sorted: their order means nothing
public record Rule(Selector selector, List<Setting> settings) {
    public Rule {
        settings = settings.stream().sorted(Comparator.comparing(Setting::text)).toList();
    }

    public static Rule of(Selector selector, Setting... settings) {
        return new Rule(selector, List.of(settings));
    }
}
