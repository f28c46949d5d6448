package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/// Decodes JPEG, PNG and BMP files to 8-bit RGB: stored values as they are (no colour profile, no
/// orientation tag), gray repeated, alpha dropped, palettes looked up, 16-bit samples cut to their
/// upper byte.
final class ImageDecoder {
    private static final Set<String> FORMATS = Set.of("jpeg", "png", "bmp");

    /// Words of libjpeg ("Premature end of JPEG file") and of the JDK ("Truncated File - Missing EOI marker").
    private static final Pattern CUT_SHORT = Pattern.compile("(?i)premature end|truncated");

    /// Bytes of PNG's pixels per byte of the file: deflate's best ratio.
    private static final long DEFLATED = 1032;

    /// Pixels of a JPEG per byte of the file: a block of 64 takes a bit at least.
    private static final long PIXELS_PER_JPEG_BYTE = 512;

    /// Pixels of a BMP per byte of the file: runs of 255 take two bytes.
    private static final long PIXELS_PER_BMP_BYTE = 128;

    private ImageDecoder() {}

    /// What the file merely claims to hold is never allocated.
    ///
    /// @throws InvalidInputException where the file is damaged, no image, in a colour space other than gray
    ///     and RGB, or has more than [Pixels#MAX_COUNT] pixels
    static Pixels decode(Path path) {
        try (ImageInputStream in = new FileImageInputStream(path.toFile())) {
            ImageReader reader = reader(in)
                    .orElseThrow(() ->
                            new InvalidInputException(path + ": is no JPEG, PNG or BMP image; remove or convert it"));
            try {
                return pixels(read(reader, in, path), path);
            } finally {
                reader.dispose();
            }
        } catch (IIOException e) {
            throw new InvalidInputException(
                    "%s: cannot be decoded (%s); if it is CMYK or damaged, save it anew as RGB"
                            .formatted(path, e.getMessage()),
                    e);
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    /// The platform knows more formats, TIFF and WBMP among them, which take almost anything for an image.
    private static Optional<ImageReader> reader(ImageInputStream in) {
        Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (FORMATS.contains(format(reader))) {
                return Optional.of(reader);
            }
            reader.dispose();
        }
        return Optional.empty();
    }

    private static String format(ImageReader reader) {
        try {
            return reader.getFormatName().toLowerCase(Locale.ROOT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The decoders of the platform end in exceptions of all kinds where a file is damaged.
    private static BufferedImage read(ImageReader reader, ImageInputStream in, Path path) throws IOException {
        try {
            return readChecked(reader, in, path);
        } catch (InvalidInputException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new InvalidInputException("%s: is damaged (%s); save it anew".formatted(path, e.getMessage()), e);
        }
    }

    /// The JPEG decoder fills what is missing with gray and takes inks for colours; both would calibrate on nonsense.
    private static BufferedImage readChecked(ImageReader reader, ImageInputStream in, Path path) throws IOException {
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((_, warning) -> warnings.add(warning));
        reader.setInput(in, true, true);
        checkSize(reader, in.length(), path);
        BufferedImage image = reader.read(0);
        if (warnings.stream().anyMatch(CUT_SHORT.asPredicate())) {
            throw new InvalidInputException("%s: is cut short (%s); get it anew".formatted(path, warnings));
        }
        if (format(reader).equals("jpeg") && image.getRaster().getNumBands() > 3) {
            throw new InvalidInputException(path + ": is a JPEG of four channels (CMYK); save it anew as RGB");
        }
        return image;
    }

    private static void checkSize(ImageReader reader, long fileBytes, Path path) throws IOException {
        long height = reader.getHeight(0);
        long width = reader.getWidth(0);
        if (height < 1 || width < 1 || height * width > mostPixels(reader, fileBytes)) {
            throw new InvalidInputException(
                    "%s: is damaged: claims %dx%d pixels (height x width), which %d bytes cannot hold; get it anew"
                            .formatted(path, height, width, fileBytes));
        }
        Pixels.checkCount(height, width, path.toString());
    }

    private static long mostPixels(ImageReader reader, long fileBytes) throws IOException {
        return switch (format(reader)) {
            case "png" ->
                fileBytes
                        * DEFLATED
                        * Byte.SIZE
                        / reader.getRawImageType(0).getColorModel().getPixelSize();
            case "jpeg" -> fileBytes * PIXELS_PER_JPEG_BYTE;
            default -> fileBytes * PIXELS_PER_BMP_BYTE;
        };
    }

    private static Pixels pixels(BufferedImage image, Path path) {
        Raster raster = image.getRaster();
        int bands = raster.getNumBands();
        int type = raster.getDataBuffer().getDataType();
        boolean plain = type == DataBuffer.TYPE_BYTE || type == DataBuffer.TYPE_USHORT || type == DataBuffer.TYPE_INT;
        boolean whole = raster.getSampleModel().getSampleSize(0) % 8 == 0;
        if (image.getColorModel() instanceof IndexColorModel || !plain || !whole) {
            return throughColorModel(image);
        }
        if (bands > 4) {
            throw new InvalidInputException("%s: has %d channels; save it as RGB".formatted(path, bands));
        }
        return samples(raster);
    }

    private static Pixels throughColorModel(BufferedImage image) {
        int[] colours = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        byte[] values = new byte[colours.length * 3];
        for (int i = 0; i < colours.length; i++) {
            values[3 * i] = (byte) (colours[i] >> 16);
            values[3 * i + 1] = (byte) (colours[i] >> 8);
            values[3 * i + 2] = (byte) colours[i];
        }
        return new Pixels(image.getHeight(), image.getWidth(), 3, values);
    }

    /// One or two bands are gray (with alpha), three or four RGB (with alpha). Read raw, since colour
    /// models apply gamma.
    private static Pixels samples(Raster raster) {
        int bands = raster.getNumBands();
        int shift = raster.getSampleModel().getSampleSize(0) - 8;
        int width = raster.getWidth();
        byte[] values = new byte[raster.getHeight() * width * 3];
        int[] row = new int[width * bands];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int x = 0; x < width; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    values[at++] = (byte) (row[x * bands + (bands < 3 ? 0 : channel)] >> shift);
                }
            }
        }
        return new Pixels(raster.getHeight(), width, 3, values);
    }
}
