package ai.vernier.data;

/// Which part of a resized image is used.
public sealed interface Crop {
    /// All of it.
    record None() implements Crop {}

    /// The middle; where it lies between two pixels, the even offset of the two, as torchvision's
    /// `CenterCrop`.
    record Center(int height, int width) implements Crop {
        public Center {
            if (height < 1 || width < 1) {
                throw new IllegalArgumentException("sizes must be positive, found %dx%d".formatted(height, width));
            }
        }
    }
}
