package ai.vernier.bench;

import ai.vernier.data.Npy;
import ai.vernier.data.NpyWriter;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// Makes many samples out of few, for measuring memory: the samples of IN over and over, every round one per mille
/// brighter than the one before.
///
///     MoreSamples IN.npy OUT.npy COUNT
public final class MoreSamples {
    private static final double BRIGHTER = 0.001;

    private MoreSamples() {}

    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            throw new IllegalArgumentException("usage: MoreSamples IN.npy OUT.npy COUNT");
        }
        write(Npy.read(Path.of(args[0])), Path.of(args[1]), Integer.parseInt(args[2]));
    }

    static void write(TensorData samples, Path file, int count) throws IOException {
        long[] dims = samples.dims();
        long sampleBytes = samples.sizeBytes() / dims[0];
        long[] one = dims.clone();
        one[0] = 1;
        long[] all = dims.clone();
        all[0] = count;
        try (NpyWriter writer = NpyWriter.create(file, DataType.FLOAT, all)) {
            for (int i = 0; i < count; i++) {
                MemorySegment bytes = samples.bytes().asSlice(i % dims[0] * sampleBytes, sampleBytes);
                int round = Math.toIntExact(i / dims[0]);
                float factor = (float) (1 + BRIGHTER * round);
                writer.append(brighter(TensorData.ofBytes(samples.dataType(), bytes, one), factor));
            }
            writer.finish();
        }
    }

    private static TensorData brighter(TensorData sample, float factor) {
        float[] values = sample.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return TensorData.ofFloats(values, sample.dims());
    }
}
