package ai.vernier.engine;

/// Where the engine computes.
public enum DeviceChoice {
    /// CUDA where LibTorch finds a device, otherwise the CPU.
    AUTO,
    CPU,
    /// The first CUDA device; its absence is an error.
    CUDA
}
