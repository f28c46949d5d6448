package ai.vernier.engine.op;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// What a kernel is made for: tensors that stay where they are from run to run.
///
/// @param in inputs, null where absent
/// @param constant whether an input's elements stay the same as well
/// @param known host copies of constant integer inputs, null elsewhere
/// @param out results, dense, holding those of the first run
/// @param memory gives so many bytes, aligned to 64, that live as long as the kernel
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Operands(
        @Nullable Tensor[] in,
        boolean[] constant,
        long[] @Nullable [] known,
        Tensor[] out,
        LongFunction<MemorySegment> memory) {
    public boolean has(int index) {
        return index < in.length && in[index] != null;
    }

    public Tensor in(int index) {
        return new Inputs(in, known, null).at(index);
    }

    /// The elements of input `index`, or null unless it is a constant integer list.
    public long @Nullable [] longs(int index) {
        return has(index) && constant[index] ? known[index] : null;
    }

    /// Whether input `index` is absent or stays the same.
    public boolean isConstant(int index) {
        return !has(index) || constant[index];
    }

    /// Whether all inputs from `first` on stay the same.
    public boolean isConstantFrom(int first) {
        for (int i = first; i < in.length; i++) {
            if (!isConstant(i)) {
                return false;
            }
        }
        return true;
    }

    /// Whether an input or a result has no elements.
    public boolean areSomeEmpty() {
        return Stream.concat(Arrays.stream(in).filter(Objects::nonNull), Arrays.stream(out))
                .anyMatch(tensor -> tensor.numel() == 0);
    }

    /// Whether all of these are float32 tensors on the CPU with elements in them.
    public static boolean areFloats(Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor.scalar_type().intern() != ScalarType.Float || tensor.is_cuda() || tensor.numel() == 0) {
                return false;
            }
        }
        return true;
    }
}
