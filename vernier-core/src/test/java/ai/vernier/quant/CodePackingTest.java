package ai.vernier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodePackingTest {
    /// QNN's example: 00001010 and 00000100 become 01001010.
    @Test
    void theFirstOfTwoFourBitCodesTakesTheLowNibble() {
        assertThat(CodePacking.pack(new byte[] {10, 4}, 4)).containsExactly(0b0100_1010);
    }

    @Test
    void signedCodesPackAsTwosComplement() {
        assertThat(CodePacking.pack(new byte[] {-8, 7, -1}, 4)).containsExactly(0x78, 0x0F);
    }

    @Test
    void fourTwoBitCodesShareAByte() {
        assertThat(CodePacking.pack(new byte[] {1, 2, 3, 0, 2}, 2)).containsExactly(0b00_11_10_01, 0b10);
    }

    /// QNN's example: 3·3·3·32 weights per channel: 27 bytes a channel unpacked, ceil(27 / 2) = 14
    /// packed, since every channel is filled up on its own.
    @Test
    void everyChannelIsFilledUpOnItsOwn() {
        assertThat(CodePacking.packedBytes(27, 4)).isEqualTo(14);
        byte[] packed = CodePacking.packRows(new byte[32 * 27], 4, 27);
        assertThat(packed).hasSize(32 * 14);
        assertThat(CodePacking.packRows(new byte[] {1, 2, 3, 4, 5, 6}, 4, 3)).containsExactly(0x21, 0x03, 0x54, 0x06);
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "2, 7", "4, 1", "4, 8", "4, 27", "8, 5"})
    void unpackUndoesPack(int bits, int count) {
        byte[] codes = new byte[count];
        RandomGenerator random = new SplittableRandom(bits * 100L + count);
        for (int i = 0; i < count; i++) {
            codes[i] = (byte) random.nextInt(1 << bits);
        }
        assertThat(CodePacking.unpack(CodePacking.pack(codes, bits), bits, count))
                .isEqualTo(codes);
    }

    @Test
    void otherWidthsAreRefused() {
        assertThatThrownBy(() -> CodePacking.pack(new byte[2], 3)).hasMessageContaining("found 3");
    }
}
