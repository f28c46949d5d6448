package ai.vernier.bench.fuzz;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;

/// One hostile input: number `index` of the series that a seed begins.
///
/// @param origin which model it was
/// @param input the bytes of the file; nobody changes them
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Mutant(String origin, byte[] input) {
    /// The same input for the same corpus, seed and index, on every machine.
    public static Mutant of(Corpus corpus, long seed, long index) throws IOException {
        Random random = new Random(seed * 1_000_003 + index);
        Corpus.Seed chosen = corpus.draw(random);
        byte[] bytes = chosen.bytes();
        byte[] mutated = random.nextInt(4) == 0 ? scrambled(bytes, random) : restructured(bytes, random);
        return new Mutant(chosen.name(), mutated);
    }

    /// Bytes flipped, cut off, doubled or overwritten, without regard to what they mean.
    static byte[] scrambled(byte[] original, Random random) {
        byte[] bytes = original.clone();
        // The names, shapes and attributes of a large model are at its beginning or its end.
        int reach = Math.min(bytes.length, 1 << 12 << random.nextInt(8));
        int from = random.nextBoolean() ? 0 : bytes.length - reach;
        for (int i = random.nextInt(4); i >= 0 && reach > 0; i--) {
            int at = from + random.nextInt(reach);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes[at] = random.nextBoolean() ? (byte) 0xFF : 0;
                default -> Arrays.fill(bytes, at, Math.min(bytes.length, at + random.nextInt(8)), (byte) 0xFF);
            }
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
    }

    private static byte[] restructured(byte[] original, Random random) {
        try {
            Model model = OnnxReader.read(original);
            ModelMutator mutator = new ModelMutator(random);
            for (int i = random.nextInt(3); i >= 0; i--) {
                model = mutator.mutate(model);
            }
            return OnnxWriter.toBytes(model);
        } catch (InvalidInputException | UnsupportedModelException _) {
            return scrambled(original, random);
        }
    }
}
