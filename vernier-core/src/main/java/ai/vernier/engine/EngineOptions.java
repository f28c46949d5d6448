package ai.vernier.engine;

/// How the engine runs.
///
/// @param threads threads within an operator; 0 means one per core
public record EngineOptions(DeviceChoice device, int threads) {
    public static final EngineOptions DEFAULT = new EngineOptions(DeviceChoice.AUTO, 0);

    public EngineOptions {
        if (threads < 0) {
            throw new IllegalArgumentException("threads must be at least 0, found " + threads);
        }
    }
}
