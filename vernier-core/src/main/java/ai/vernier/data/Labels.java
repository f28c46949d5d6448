package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/// The true class of every sample, in the order of the samples.
public final class Labels {
    private final String place;
    private final long[] classes;

    private Labels(String place, long[] classes) {
        this.place = place;
        this.classes = classes;
    }

    /// Labels held in memory: the class of each sample, at least 0.
    public static Labels of(long... classes) {
        return new Labels("labels", classes.clone());
    }

    /// Reads a `.npy` file with one axis of integers.
    ///
    /// @throws InvalidInputException where it is none, or holds a negative class
    public static Labels read(Path path) {
        TensorData array = Npy.read(path);
        if (array.rank() != 1 || !array.dataType().isInteger()) {
            throw new InvalidInputException(
                    "%s: expected one axis of integers (the class of each sample), found %s".formatted(path, array));
        }
        long[] classes = array.toLongs();
        for (int i = 0; i < classes.length; i++) {
            if (classes[i] < 0) {
                throw new InvalidInputException(
                        "%s: label %d is %d; classes count from 0".formatted(path, i, classes[i]));
            }
        }
        return new Labels(path.toString(), classes);
    }

    public int size() {
        return classes.length;
    }

    /// The class of `sample`.
    public long at(long sample) {
        return classes[Math.toIntExact(sample)];
    }

    /// The classes of samples `first` … `first + count − 1`.
    public long[] range(long first, int count) {
        Objects.checkFromIndexSize(first, count, classes.length);
        return Arrays.copyOfRange(classes, (int) first, (int) first + count);
    }

    /// The first `count` labels, or all where there are fewer.
    public Labels limit(long count) {
        return count >= classes.length ? this : new Labels(place, Arrays.copyOf(classes, (int) count));
    }

    /// Checks that there is one label for each of `samples`.
    ///
    /// @throws InvalidInputException where there is not
    public Labels requireSize(long samples) {
        if (samples != classes.length) {
            throw new InvalidInputException("%s: %d labels for %d samples; give one label per sample"
                    .formatted(place, classes.length, samples));
        }
        return this;
    }
}
