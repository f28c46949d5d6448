package ai.vernier.observe;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Measures and counts the values of one tensor after another, each with as many threads as are worth waking.
///
/// Not safe for use by several threads at once.
final class Counting {
    /// Counting a smaller share takes less time than waking another thread.
    private static final long LEAST_PER_THREAD = 1 << 15;

    private final List<Tally> tallies;

    Counting(int threads) {
        tallies = Stream.generate(Tally::new).limit(threads).toList();
    }

    /// Extremes of all floats of `memory`, in native byte order.
    Extremes measure(MemorySegment memory) {
        long count = memory.byteSize() / Float.BYTES;
        int parts = parts(count);
        return share(parts, (tally, part) -> tally.measure(memory, count * part / parts, count * (part + 1) / parts));
    }

    /// As [#measure], and counts the values into `target`, unless one is not finite.
    Extremes count(MemorySegment memory, HistogramBuilder target) {
        long count = memory.byteSize() / Float.BYTES;
        int parts = parts(count);
        Extremes extremes = share(
                parts, (tally, part) -> tally.count(memory, count * part / parts, count * (part + 1) / parts, target));
        for (Tally tally : tallies.subList(0, parts)) {
            if (extremes.areFinite()) {
                tally.addTo(target);
            } else {
                tally.clear();
            }
        }
        return extremes;
    }

    private int parts(long count) {
        return Math.clamp(count / LEAST_PER_THREAD, 1, tallies.size());
    }

    private Extremes share(int parts, BiFunction<Tally, Integer, Extremes> work) {
        if (parts == 1) {
            return work.apply(tallies.getFirst(), 0);
        }
        return IntStream.range(0, parts)
                .parallel()
                .mapToObj(part -> work.apply(tallies.get(part), part))
                .reduce(Extremes.NONE, Extremes::merge);
    }
}
