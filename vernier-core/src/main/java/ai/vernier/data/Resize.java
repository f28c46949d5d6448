package ai.vernier.data;

/// How an image is brought to size before it is cropped. Sizes in pixels.
public sealed interface Resize {
    /// Left as it is.
    record Keep() implements Resize {}

    /// The shorter side becomes `size`, the longer one keeps the proportions, rounded down, as
    /// torchvision's `Resize(int)`.
    record ShortSide(int size) implements Resize {
        public ShortSide {
            requirePositive(size, size);
        }
    }

    /// Stretched to exactly this size.
    record Exact(int height, int width) implements Resize {
        public Exact {
            requirePositive(height, width);
        }
    }

    /// The largest size that fits and keeps the proportions, on a sheet of value `fill`, 0 … 255.
    record Letterbox(int height, int width, int fill, Placement placement) implements Resize {
        public Letterbox {
            requirePositive(height, width);
            if (fill < 0 || fill > 255) {
                throw new IllegalArgumentException("fill must lie in 0 … 255, found " + fill);
            }
        }
    }

    /// Where a letterboxed image lies on its sheet.
    enum Placement {
        CENTER,
        TOP_LEFT
    }

    private static void requirePositive(int height, int width) {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("sizes must be positive, found %dx%d".formatted(height, width));
        }
    }
}
