package ai.vernier.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A tensor shape whose extents may be symbolic or unknown.
public record Shape(List<Dimension> dimensions) {
    public Shape {
        dimensions = List.copyOf(dimensions);
    }

    public static Shape of(long... sizes) {
        List<Dimension> dimensions = new ArrayList<>(sizes.length);
        for (long size : sizes) {
            dimensions.add(new Dimension.Known(size));
        }
        return new Shape(dimensions);
    }

    public int rank() {
        return dimensions.size();
    }

    /// Whether every extent is a number.
    public boolean isStatic() {
        return dimensions.stream().allMatch(Dimension.Known.class::isInstance);
    }

    /// The extents as numbers, −1 where one is symbolic or unknown.
    public long[] sizes() {
        return dimensions.stream()
                .mapToLong(dimension -> dimension instanceof Dimension.Known(long size) ? size : -1)
                .toArray();
    }

    /// The same shape with extent `axis` replaced; `axis` in 0 … rank−1.
    public Shape with(int axis, Dimension dimension) {
        List<Dimension> copy = new ArrayList<>(dimensions);
        copy.set(axis, dimension);
        return new Shape(copy);
    }

    /// As ONNX's text form writes it: `[N,3,?,224]`.
    @Override
    public String toString() {
        return dimensions.stream().map(Shape::text).collect(Collectors.joining(",", "[", "]"));
    }

    private static String text(Dimension dimension) {
        return switch (dimension) {
            case Dimension.Known(long size) -> Long.toString(size);
            case Dimension.Symbolic(String name) -> name;
            case Dimension.Unknown() -> "?";
        };
    }
}
