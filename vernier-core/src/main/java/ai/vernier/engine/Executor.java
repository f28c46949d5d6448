package ai.vernier.engine;

import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.op.OpTable;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.rewrite.InlineFunctions;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Runs a model on LibTorch: host tensors in, host tensors out. Compiled once, run as often as wanted, by one thread at
/// a time (others wait). The results are the same bits for every run with the same number of threads.
///
/// A run without a hook is kept as a [Replay], and runs of inputs of the same shapes go through it from then on. The
/// latest few are kept.
///
/// Native memory: the weights once, packed for the machine, and the activations that are alive; between runs those of
/// the replays, at most 128 MB in all.
public final class Executor implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Executor.class.getName());

    private final Model model;
    private final int threads;
    private final boolean cuda;
    private final Predicate<String> visible;
    private final XnnRuntime xnnpack;

    /// Whether XNNPACK's threads are the only ones: LibTorch's would spin beside them. An observed program computes
    /// much outside XNNPACK, in hooks, and gives both their threads.
    private final boolean onePool;

    private boolean closed;

    /// Runs that are under way, one inside a hook of the other.
    private int running;

    private final OpTable ops = OpTable.builtIn();
    private final TreeSet<String> fallbacks = new TreeSet<>();
    private final RunLimits limits;
    private final Map<Set<String>, Program> programs = new HashMap<>();
    private final ReplayCache replays;

    private Executor(Model model, EngineOptions options, Predicate<String> visible, boolean observed) {
        this.model = model;
        this.visible = visible;
        this.threads =
                options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors();
        this.cuda = choosesCuda(options.device());
        this.onePool = !observed && !cuda && XnnRuntime.available();
        this.xnnpack = XnnRuntime.of(threads, !onePool);
        this.limits = new RunLimits(options);
        this.replays = new ReplayCache(limits);
    }

    /// Compiles `model`; everything that nobody sees from outside may be fused away, so that a hook is only ever asked
    /// about graph inputs, graph outputs and whatever happens to remain.
    ///
    /// @throws UnsupportedModelException naming the node, operator and opset that cannot be run
    public static Executor compile(Model model, EngineOptions options) {
        return compile(model, options, _ -> false, false);
    }

    /// Compiles `model` so that a hook can see every value for which `visible` holds.
    ///
    /// @throws UnsupportedModelException naming the node, operator and opset that cannot be run
    public static Executor compile(Model model, EngineOptions options, Predicate<String> visible) {
        return compile(model, options, visible, true);
    }

    private static Executor compile(Model model, EngineOptions options, Predicate<String> visible, boolean observed) {
        if (!NativeRuntime.isPrepared()) {
            LOG.log(Level.DEBUG, "malloc keeps its defaults on this platform");
        }
        Model plain = new InlineFunctions().apply(model).model();
        Executor executor = new Executor(plain, options, visible, observed);
        try {
            executor.program(Set.of());
        } catch (RuntimeException e) {
            executor.close();
            throw e;
        }
        if (!executor.fallbacks.isEmpty()) {
            LOG.log(Level.INFO, "run by ONNX Runtime, node by node: {0}", executor.fallbacks);
        }
        return executor;
    }

    /// Runs the model once.
    ///
    /// @param inputs every required input by name; initializers that are also inputs may be given to override them
    /// @return every output by name, in the model's order
    /// @throws InvalidInputException listing every input that is missing, unknown or of the wrong type or shape
    public Map<String, TensorData> run(Map<String, TensorData> inputs) {
        return execute(inputs, null);
    }

    /// Runs the model once, showing to `hook` the values that it wants.
    public Map<String, TensorData> run(Map<String, TensorData> inputs, ValueHook hook) {
        return execute(inputs, hook);
    }

    /// The operator types that run in ONNX Runtime because the engine lacks them, sorted.
    public List<String> fallbackOperators() {
        return List.copyOf(fallbacks);
    }

    /// Whether the engine computes on a CUDA device.
    public boolean isOnCuda() {
        return cuda;
    }

    private synchronized Map<String, TensorData> execute(Map<String, TensorData> inputs, @Nullable ValueHook hook) {
        if (closed) {
            throw new IllegalStateException("the executor is closed");
        }
        running++;
        try {
            return checked(inputs, hook);
        } finally {
            running--;
        }
    }

    private Map<String, TensorData> checked(Map<String, TensorData> inputs, @Nullable ValueHook hook) {
        boolean replayable = hook == null && !cuda;
        if (!(replayable && replays.knows(inputs))) {
            InputCheck.check(model.graph(), inputs);
        }
        int others = onePool ? 1 : threads;
        if (torch.get_num_threads() != others) {
            torch.set_num_threads(others);
        }
        try (NoGradGuard _ = new NoGradGuard();
                PointerScope _ = new PointerScope()) {
            if (replayable) {
                limits.begin();
                Tensor[] replayed = replays.run(inputs, () -> program(inputs));
                if (replayed != null) {
                    return toHost(replayed);
                }
            }
            return stepByStep(inputs, hook);
        } finally {
            xnnpack.rest();
        }
    }

    private Map<String, TensorData> stepByStep(Map<String, TensorData> inputs, @Nullable ValueHook hook) {
        Program program = program(inputs);
        limits.begin();
        limits.hold("the replays", replays.bytes());
        Tensor[] results = program.runOutermost(feeds(program, inputs), hook);
        Map<String, TensorData> outputs = toHost(results);
        for (Tensor result : results) {
            result.close();
        }
        return outputs;
    }

    private Program program(Map<String, TensorData> inputs) {
        return program(inputs.keySet().stream()
                .filter(model.graph().initializers()::containsKey)
                .collect(Collectors.toUnmodifiableSet()));
    }

    private Program program(Set<String> overridden) {
        return programs.computeIfAbsent(
                overridden,
                names -> GraphCompiler.compile(
                        model.graph(),
                        new CompileContext(
                                model, ops, visible, names, cuda, xnnpack, limits, new FoldingBudget(), fallbacks)));
    }

    private Tensor[] feeds(Program program, Map<String, TensorData> inputs) {
        return program.feedNames().stream()
                .map(name -> toDevice(inputs.get(name)))
                .toArray(Tensor[]::new);
    }

    private Tensor toDevice(@Nullable TensorData data) {
        if (data == null) {
            throw new IllegalStateException("an input has passed the check without being there");
        }
        Tensor host = HostTransfer.toTensor(data);
        Tensor placed = cuda && data.dataType().isFloatingPoint()
                ? host.to(new Device(torch.DeviceType.CUDA), host.scalar_type())
                : host;
        placed.retainReference();
        return placed;
    }

    private Map<String, TensorData> toHost(Tensor[] results) {
        Map<String, TensorData> outputs = new LinkedHashMap<>();
        for (int i = 0; i < results.length; i++) {
            Value output = model.graph().outputs().get(i);
            outputs.put(output.name(), toHost(output, results[i]));
        }
        return outputs;
    }

    private static TensorData toHost(Value output, Tensor result) {
        DataType computed = HostTransfer.typeOf(result);
        DataType type = output.elementType().orElse(computed);
        if (HostTransfer.carrier(type).intern()
                != HostTransfer.carrier(computed).intern()) {
            throw new InvalidInputException("output '%s' is declared as %s, but the model computes %s"
                    .formatted(output.name(), type.text(), computed.text()));
        }
        try {
            return HostTransfer.toHost(result, type);
        } catch (ArithmeticException | OutOfMemoryError e) {
            throw new InvalidInputException(
                    "output '%s' of %s does not fit into Java's memory"
                            .formatted(output.name(), Arrays.toString(HostTransfer.sizes(result))),
                    e);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(
                    "output '%s' is declared as %s, but %s".formatted(output.name(), type.text(), e.getMessage()), e);
        }
    }

    /// Frees everything; waits for runs of other threads.
    ///
    /// @throws IllegalStateException inside a hook, whose run still needs it
    @Override
    public synchronized void close() {
        if (running > 0) {
            throw new IllegalStateException("the executor is running; close it after the run, not in its hook");
        }
        if (!closed) {
            replays.close();
            programs.values().forEach(Program::close);
            programs.clear();
            xnnpack.close();
            closed = true;
        }
    }

    private static boolean choosesCuda(DeviceChoice device) {
        return switch (device) {
            case CPU -> false;
            case AUTO -> torch.cuda_is_available();
            case CUDA -> {
                if (!torch.cuda_is_available()) {
                    throw new InvalidInputException(
                            "device: CUDA was asked for, but LibTorch finds no CUDA device; use cpu or auto");
                }
                yield true;
            }
        };
    }
}
