package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
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
    /// Words of libjpeg ("Premature end of JPEG file") and of the JDK ("Truncated File - Missing EOI marker").
    private static final Pattern CUT_SHORT = Pattern.compile("(?i)premature end|truncated");

    private ImageDecoder() {}

    /// @throws InvalidInputException where the file is damaged, no image or in a colour space other
    ///     than gray and RGB
    static Pixels decode(Path path) {
        try (ImageInputStream in = new FileImageInputStream(path.toFile())) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new InvalidInputException(path + ": is no JPEG, PNG or BMP image; remove or convert it");
            }
            ImageReader reader = readers.next();
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
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new InvalidInputException("%s: is damaged (%s); save it anew".formatted(path, e.getMessage()), e);
        }
    }

    /// The JPEG decoder fills what is missing with gray and takes inks for colours; both would calibrate on nonsense.
    private static BufferedImage read(ImageReader reader, ImageInputStream in, Path path) throws IOException {
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((_, warning) -> warnings.add(warning));
        reader.setInput(in, true, true);
        BufferedImage image = reader.read(0);
        if (warnings.stream().anyMatch(CUT_SHORT.asPredicate())) {
            throw new InvalidInputException("%s: is cut short (%s); get it anew".formatted(path, warnings));
        }
        if (reader.getFormatName().equalsIgnoreCase("jpeg") && image.getRaster().getNumBands() > 3) {
            throw new InvalidInputException(path + ": is a JPEG of four channels (CMYK); save it anew as RGB");
        }
        return image;
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
