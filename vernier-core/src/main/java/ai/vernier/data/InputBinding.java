package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// An array that feeds one model input.
///
/// The array's first axis counts samples. Where the array has as many axes as the input, that axis
/// takes the place of the input's axis 0, the batch; where it has one more, every sample is a whole
/// input, fed one at a time without a batch axis: states and caches `[2,1,128]` come as
/// `[samples,2,1,128]`, scalars as `[samples]`.
record InputBinding(Value input, SampleArray array) {
    /// What keeps the array from feeding the input, judged by type and shape; empty where nothing does.
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        DataType from = array.dataType();
        DataType to = elementType();
        if (!Conversion.isPossible(from, to)) {
            problems.add("%s: holds %s, but input %s takes %s; convert the data"
                    .formatted(array.place(), from.text(), ModelInputs.text(input), to.text()));
        }
        if (array.shape().rank() == 0 || array.size() == 0) {
            problems.add("%s: holds no samples; expected one or more along the first axis".formatted(array.place()));
            return problems;
        }
        input.shape().filter(shape -> !fits(shape, array.shape())).ifPresent(shape -> problems.add(mismatch(shape)));
        splitBatch().ifPresent(problems::add);
        return problems;
    }

    /// A model that fixes its batch takes no shorter last batch.
    private Optional<String> splitBatch() {
        int batch = fixedBatch().orElse(1);
        return array.size() % batch == 0
                ? Optional.empty()
                : Optional.of("%s: holds %d samples, but input %s takes exactly %d at a time; give a multiple of %d"
                        .formatted(array.place(), array.size(), ModelInputs.text(input), batch, batch));
    }

    /// The batch that the input insists on; empty where it takes any, or every sample is a whole input.
    OptionalInt fixedBatch() {
        boolean rows = input.shape().filter(shape -> shape.rank() > 0).isPresent() && !feedsWholeInputs();
        return rows && input.shape().orElseThrow().dimensions().getFirst() instanceof Dimension.Known(long extent)
                ? OptionalInt.of(Math.toIntExact(Math.max(1, extent)))
                : OptionalInt.empty();
    }

    /// The problem with an input that insists on another batch than the `batch` of the others.
    String otherBatch(int batch) {
        return "%s: has shape %s, which feeds input %s %d rows at a time, but the other inputs get %d; "
                        .formatted(
                                array.place(),
                                array.shape(),
                                ModelInputs.text(input),
                                fixedBatch().orElseThrow(),
                                batch)
                + "give one whole input per sample, [samples%s]"
                        .formatted(join(input.shape().orElseThrow(), 0));
    }

    private String mismatch(Shape expected) {
        return "%s: has shape %s, but input %s needs %s; reshape or transpose the data"
                .formatted(array.place(), array.shape(), ModelInputs.text(input), wanted(expected));
    }

    /// `[samples,3,224,224]`: the shapes of arrays that fit the input.
    private static String wanted(Shape input) {
        String whole = "[samples%s]".formatted(join(input, 0));
        return input.rank() == 0 ? whole : "[samples%s] (or %s, fed one by one)".formatted(join(input, 1), whole);
    }

    private static String join(Shape shape, int from) {
        return shape.dimensions().stream()
                .skip(from)
                .map(dimension -> new Shape(List.of(dimension)).toString())
                .map(text -> "," + text.substring(1, text.length() - 1))
                .collect(Collectors.joining());
    }

    private boolean fits(Shape expected, Shape found) {
        int skipped = found.rank() - expected.rank();
        if (skipped < 0 || skipped > 1 || found.rank() == 0) {
            return false;
        }
        for (int axis = 1; axis < found.rank(); axis++) {
            if (!fits(
                    expected.dimensions().get(axis - skipped),
                    found.dimensions().get(axis))) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(Dimension expected, Dimension found) {
        return !(expected instanceof Dimension.Known && found instanceof Dimension.Known) || expected.equals(found);
    }

    private DataType elementType() {
        return input.elementType().orElse(DataType.FLOAT);
    }

    /// Whether every sample is a whole input, without a batch axis.
    boolean feedsWholeInputs() {
        return input.shape()
                .filter(shape -> shape.rank() < array.shape().rank())
                .isPresent();
    }

    /// Reads and converts a stretch of samples.
    ///
    /// @param problems receives what is wrong with the data itself
    TensorData read(long first, int count, List<String> problems) {
        TensorData rows = array.rows(first, count);
        if (input.shape().isPresent() && !fits(input.shape().orElseThrow(), Shape.of(rows.dims()))) {
            problems.add("%s: has shape %s, but input %s needs %s; resize or crop it"
                    .formatted(
                            array.place(first),
                            Shape.of(rows.dims()),
                            ModelInputs.text(input),
                            wanted(input.shape().orElseThrow())));
            return rows;
        }
        Conversion conversion = Conversion.of(rows, elementType());
        badElement(rows, conversion, first).ifPresent(problems::add);
        return feedsWholeInputs() ? withoutSampleAxis(conversion.tensor()) : conversion.tensor();
    }

    private static TensorData withoutSampleAxis(TensorData rows) {
        return rows.reshaped(Arrays.copyOfRange(rows.dims(), 1, rows.rank()));
    }

    private Optional<String> badElement(TensorData rows, Conversion conversion, long first) {
        OptionalLong bad = conversion.firstBad();
        if (bad.isEmpty()) {
            return Optional.empty();
        }
        long perSample = rows.elementCount() / rows.dim(0);
        long sample = first + bad.getAsLong() / perSample;
        String expected = rows.dataType().isFloatingPoint() ? "a finite " : "a value that keeps its exact worth as ";
        return Optional.of("%s: element %s is %s, expected %s%s; correct the data"
                .formatted(
                        array.place(sample),
                        position(bad.getAsLong() % perSample, rows.dims()),
                        text(rows, bad.getAsLong()),
                        expected,
                        elementType().text()));
    }

    /// Index of an element within its sample, `[2,0,7]`.
    private static String position(long element, long[] dims) {
        long[] index = new long[dims.length - 1];
        long rest = element;
        for (int axis = dims.length - 1; axis > 0; axis--) {
            index[axis - 1] = rest % dims[axis];
            rest /= dims[axis];
        }
        return Arrays.toString(index).replace(" ", "");
    }

    private static String text(TensorData rows, long index) {
        int width = rows.dataType().bits() / 8;
        TensorData element = TensorData.ofBytes(rows.dataType(), rows.bytes().asSlice(index * width, width), 1);
        if (rows.dataType().isFloatingPoint()) {
            return Double.toString(FloatElements.read(element)[0]);
        }
        long value = element.toLongs()[0];
        return rows.dataType() == DataType.UINT64 ? Long.toUnsignedString(value) : Long.toString(value);
    }
}
