package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import java.util.Arrays;

/// An image of 8-bit channels, interleaved, row by row from the top.
final class Pixels {
    /// The most pixels that an image may have, or become by resizing: 134 million, 400 MB of colours.
    static final long MAX_COUNT = 1L << 27;

    private final int height;
    private final int width;
    private final int channels;
    private final byte[] values;

    /// @param values height · width · channels bytes, not copied
    Pixels(int height, int width, int channels, byte[] values) {
        if (values.length != height * width * channels) {
            throw new IllegalArgumentException(
                    "%d bytes for %dx%dx%d".formatted(values.length, height, width, channels));
        }
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.values = values;
    }

    /// @param place the image's file, for messages
    /// @throws InvalidInputException where that many pixels are too many
    static void checkCount(long height, long width, String place) {
        if (height * width > MAX_COUNT) {
            throw new InvalidInputException(
                    "%s: has or becomes %dx%d pixels (height x width), more than %d; make it smaller or crop it first"
                            .formatted(place, height, width, MAX_COUNT));
        }
    }

    int height() {
        return height;
    }

    int width() {
        return width;
    }

    int channels() {
        return channels;
    }

    /// The bytes themselves, not a copy.
    byte[] values() {
        return values;
    }

    /// Value 0 … 255.
    int at(int y, int x, int channel) {
        return Byte.toUnsignedInt(values[(y * width + x) * channels + channel]);
    }

    /// The part of `newHeight` × `newWidth` pixels that begins at `top`, `left`.
    Pixels cropped(int top, int left, int newHeight, int newWidth) {
        byte[] part = new byte[newHeight * newWidth * channels];
        for (int y = 0; y < newHeight; y++) {
            int from = ((top + y) * width + left) * channels;
            System.arraycopy(values, from, part, y * newWidth * channels, newWidth * channels);
        }
        return new Pixels(newHeight, newWidth, channels, part);
    }

    /// Puts this image on `sheet`, which is changed, with its corner at `top`, `left`.
    Pixels placed(int top, int left, Pixels sheet) {
        for (int y = 0; y < height; y++) {
            int to = ((top + y) * sheet.width + left) * channels;
            System.arraycopy(values, y * width * channels, sheet.values, to, width * channels);
        }
        return sheet;
    }

    /// A sheet of one value.
    static Pixels filled(int height, int width, int channels, int fill) {
        byte[] values = new byte[height * width * channels];
        Arrays.fill(values, (byte) fill);
        return new Pixels(height, width, channels, values);
    }

    /// Luma of an RGB image, `(19595·R + 38470·G + 7471·B + 2¹⁵) / 2¹⁶` (ITU-R BT.601, the integers of
    /// Pillow).
    Pixels luma() {
        byte[] luma = new byte[height * width];
        for (int i = 0; i < luma.length; i++) {
            int red = Byte.toUnsignedInt(values[3 * i]);
            int green = Byte.toUnsignedInt(values[3 * i + 1]);
            int blue = Byte.toUnsignedInt(values[3 * i + 2]);
            luma[i] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
        }
        return new Pixels(height, width, 1, luma);
    }
}
