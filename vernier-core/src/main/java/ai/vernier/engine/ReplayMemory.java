package ai.vernier.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/// The memory of a replay: blocks that hold one tensor after another, each from the step that computes it to the last
/// that reads it or a view of it.
final class ReplayMemory implements AutoCloseable {
    /// Zeros in front of and behind every piece of memory. XNNPACK reads up to 16 bytes beyond a tensor; nobody writes
    /// there, see [#isIntact].
    private static final long ROOM = 64;

    private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[(int) ROOM]);

    /// A block is not given to a tensor smaller than this part of it.
    private static final long MAX_WASTE = 4;

    private final Arena arena = Arena.ofShared();
    private final TreeMap<Long, Block> blocks = new TreeMap<>();
    private final List<MemorySegment> pieces = new ArrayList<>();
    private final List<Block> free = new ArrayList<>();
    private final long limitBytes;
    private long bytes;

    /// No more than `limitBytes` are allocated.
    ReplayMemory(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /// The replay would need more memory than it is worth.
    static final class Exhausted extends RuntimeException {
        private static final long serialVersionUID = 1;

        Exhausted() {
            super("a replay would take too much memory", null, false, false);
        }
    }

    private static final class Block {
        private final MemorySegment memory;
        private int users;

        Block(MemorySegment memory) {
            this.memory = memory;
        }
    }

    long bytes() {
        return bytes;
    }

    /// A tensor of the type and shape of `like`, its strides kept where it is dense and row-major otherwise, in a block
    /// of which it becomes the first user.
    Tensor place(Tensor like) {
        long[] sizes = new long[(int) like.dim()];
        long[] strides = new long[sizes.length];
        long step = 1;
        boolean dense = like.is_non_overlapping_and_dense();
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            sizes[axis] = like.size(axis);
            strides[axis] = dense ? like.stride(axis) : step;
            step *= sizes[axis];
        }
        if (like.numel() == 0) {
            return torch.empty(sizes, new TensorOptions(like.scalar_type()), new MemoryFormatOptional());
        }
        Block block = block(step * like.element_size());
        block.users = 1;
        Pointer address = new Address(block.memory.address());
        return torch.from_blob(address, sizes, strides, new TensorOptions(like.scalar_type()));
    }

    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }

    private Block block(long needed) {
        Optional<Block> fitting = free.stream()
                .filter(block -> block.memory.byteSize() >= needed + ROOM
                        && block.memory.byteSize() <= MAX_WASTE * (needed + ROOM))
                .min(Comparator.comparingLong(block -> block.memory.byteSize()));
        fitting.ifPresent(free::remove);
        return fitting.orElseGet(() -> {
            Block fresh = new Block(scratch(needed));
            blocks.put(fresh.memory.address(), fresh);
            return fresh;
        });
    }

    /// Counts memory that the replay keeps elsewhere.
    void reserve(long needed) {
        if (needed < 0 || needed > limitBytes - bytes) {
            throw new Exhausted();
        }
        bytes += needed;
    }

    /// Memory that is never given to anybody else.
    MemorySegment scratch(long needed) {
        reserve(needed + 2 * ROOM);
        MemorySegment whole = arena.allocate(needed + 2 * ROOM, ROOM);
        pieces.add(whole);
        return whole.asSlice(ROOM);
    }

    /// Whether nothing has been written in front of or behind any piece of memory.
    boolean isIntact() {
        return pieces.stream()
                .allMatch(piece -> piece.asSlice(0, ROOM).mismatch(ZEROS) < 0
                        && piece.asSlice(piece.byteSize() - ROOM).mismatch(ZEROS) < 0);
    }

    /// One more user of the block in which `tensor` lies, if it lies in one.
    void use(Tensor tensor) {
        holding(tensor).ifPresent(block -> block.users++);
    }

    /// One user less; a block without any may hold the next tensor.
    void release(Tensor tensor) {
        holding(tensor).ifPresent(block -> {
            block.users--;
            if (block.users == 0) {
                free.add(block);
            }
        });
    }

    private Optional<Block> holding(Tensor tensor) {
        if (tensor.numel() == 0) {
            return Optional.empty();
        }
        long address = tensor.data_ptr().address();
        return Optional.ofNullable(blocks.floorEntry(address))
                .map(Map.Entry::getValue)
                .filter(block -> address < block.memory.address() + block.memory.byteSize());
    }

    @Override
    public void close() {
        arena.close();
    }
}
