package ai.vernier.bench.accuracy;

import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/// The luma of an image, 0 … 1, row by row.
final class Luma {
    private final int height;
    private final int width;
    private final float[] values;

    private Luma(int height, int width, float[] values) {
        this.height = height;
        this.width = width;
        this.values = values;
    }

    /// Of a colour image, `Y = 0.299 R + 0.587 G + 0.114 B`, rounded to 8 bits.
    static Luma read(Path file) throws IOException {
        BufferedImage image = ImageIO.read(file.toFile());
        Map<String, String> gray = Map.of("channels", "gray");
        Value input = Samples.floatInput("input", 1, 1, image.getHeight(), image.getWidth());
        try (SampleSource one = Samples.images(List.of(file), input, gray)) {
            return of(Samples.only(one.read(0, 1)));
        }
    }

    /// @param plane float[1,1,height,width]
    static Luma of(TensorData plane) {
        return new Luma((int) plane.dim(2), (int) plane.dim(3), plane.toFloats());
    }

    TensorData tensor() {
        return TensorData.ofFloats(values, 1, 1, height, width);
    }

    /// Without the last rows and columns that do not fill a multiple of `factor`.
    Luma multipleOf(int factor) {
        return part(0, height / factor * factor, width / factor * factor);
    }

    /// Without the outer `border` pixels.
    Luma inside(int border) {
        return part(border, height - 2 * border, width - 2 * border);
    }

    private Luma part(int corner, int newHeight, int newWidth) {
        float[] part = new float[newHeight * newWidth];
        for (int y = 0; y < newHeight; y++) {
            System.arraycopy(values, (corner + y) * width + corner, part, y * newWidth, newWidth);
        }
        return new Luma(newHeight, newWidth, part);
    }

    /// `1 / factor` of the size by Keys' cubic (a = −½), antialiased, as Pillow does it; 8 bits.
    Luma shrunk(int factor) {
        return shrunkAcross(factor).turned().shrunkAcross(factor).turned().rounded();
    }

    private Luma shrunkAcross(int factor) {
        int newWidth = width / factor;
        float[] result = new float[height * newWidth];
        for (int i = 0; i < result.length; i++) {
            double centre = (i % newWidth + 0.5) * factor;
            double sum = 0;
            double weights = 0;
            int row = i / newWidth * width;
            for (int x = Math.max(0, (int) (centre - 2 * factor)); x < Math.min(width, centre + 2 * factor); x++) {
                double weight = cubic(Math.abs(x + 0.5 - centre) / factor);
                sum += weight * values[row + x];
                weights += weight;
            }
            result[i] = (float) (sum / weights);
        }
        return new Luma(height, newWidth, result);
    }

    private static double cubic(double x) {
        if (x < 1) {
            return (1.5 * x - 2.5) * x * x + 1;
        }
        return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    }

    private Luma turned() {
        float[] turned = new float[values.length];
        for (int i = 0; i < turned.length; i++) {
            turned[i % width * height + i / width] = values[i];
        }
        int rows = width;
        int columns = height;
        return new Luma(rows, columns, turned);
    }

    private Luma rounded() {
        float[] rounded = new float[values.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) (Math.clamp(Math.rint(values[i] * 255.0), 0, 255) / 255);
        }
        return new Luma(height, width, rounded);
    }
}
