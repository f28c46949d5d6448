package ai.vernier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SampleSourceTest {
    private static final SampleSource FIVE =
            SampleSource.of(Map.of("x", TensorData.ofFloats(new float[] {0, 1, 10, 11, 20, 21, 30, 31, 40, 41}, 5, 2)));

    @Test
    void givesAllSamplesInOrderWithAShortLastBatch() {
        List<Batch> batches = all(FIVE.batches(2));
        assertThat(batches).extracting(Batch::first).containsExactly(0L, 2L, 4L);
        assertThat(batches).extracting(Batch::count).containsExactly(2, 2, 1);
        assertThat(batches.get(1).inputs())
                .containsExactly(Map.entry("x", TensorData.ofFloats(new float[] {20, 21, 30, 31}, 2, 2)));
        assertThat(batches.get(2).inputs().values()).containsExactly(TensorData.ofFloats(new float[] {40, 41}, 1, 2));
    }

    @Test
    void canBeReadTwice() {
        Iterable<Batch> batches = FIVE.batches(3);
        assertThat(all(batches)).isEqualTo(all(batches)).hasSize(2);
    }

    @Test
    void aRangeIsRenumberedFromZero() {
        SampleSource range = FIVE.range(3, 2);
        assertThat(range.size()).isEqualTo(2);
        assertThat(all(range.batches(8)))
                .containsExactly(new Batch(0, 2, Map.of("x", TensorData.ofFloats(new float[] {30, 31, 40, 41}, 2, 2))));
        assertThatThrownBy(() -> FIVE.range(3, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> range.read(1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aLimitBeyondTheEndKeepsAll() {
        assertThat(FIVE.limit(9).size()).isEqualTo(5);
        assertThat(FIVE.limit(1).size()).isEqualTo(1);
    }

    @Test
    void arraysOfDifferentLengthsAreRefused() {
        Map<String, TensorData> arrays = new LinkedHashMap<>();
        arrays.put("a", TensorData.ofFloats(new float[2], 2));
        arrays.put("b", TensorData.ofFloats(new float[3], 3));
        assertThatThrownBy(() -> SampleSource.of(arrays)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aScalarCountsNoSamples() {
        assertThatThrownBy(() -> SampleSource.of(Map.of("rate", TensorData.ofLongs(new long[] {16_000}))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("axis 0 of every array counts the same samples");
    }

    private static List<Batch> all(Iterable<Batch> batches) {
        List<Batch> all = new ArrayList<>();
        batches.forEach(all::add);
        return all;
    }
}
