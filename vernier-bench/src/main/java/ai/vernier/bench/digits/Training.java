package ai.vernier.bench.digits;

import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Trains a network on an endless stream of digits: AdamW (Loshchilov, Hutter, arXiv:1711.05101), the learning rate
/// rising linearly over the first steps and then falling along a cosine to zero. Every image is seen once.
///
/// @param steps number of batches
/// @param batch images per step
/// @param peakRate the largest learning rate
record Training(int steps, int batch, double peakRate) {
    private static final int WARMUP_STEPS = 50;
    private static final double WEIGHT_DECAY = 0.02;

    /// Takes every step, each on fresh images.
    ///
    /// @param progress called after each step with the number of steps done
    void run(DigitNetwork network, Digits digits, IntConsumer progress) {
        try (PointerScope _ = new PointerScope()) {
            AdamWOptions options = new AdamWOptions(peakRate);
            options.weight_decay().put(WEIGHT_DECAY);
            AdamW optimizer = new AdamW(network.parameters(), options);
            for (int step = 0; step < steps; step++) {
                step(network, optimizer, rate(step), digits.draw((long) step * batch, batch));
                progress.accept(step + 1);
            }
        }
    }

    private static void step(DigitNetwork network, AdamW optimizer, double rate, DigitSet digits) {
        try (PointerScope _ = new PointerScope()) {
            optimizer.param_groups().get(0).options().set_lr(rate);
            optimizer.zero_grad();
            Tensor logits = network.forward(HostTensors.toTorch(digits.images()), true);
            torch.cross_entropy_loss(logits, HostTensors.toTorch(digits.labels()))
                    .backward();
            optimizer.step();
        }
    }

    private double rate(int step) {
        if (step < WARMUP_STEPS) {
            return peakRate * (step + 1) / WARMUP_STEPS;
        }
        double progress = (double) (step - WARMUP_STEPS) / (steps - WARMUP_STEPS);
        return peakRate * (1 + Math.cos(Math.PI * progress)) / 2;
    }
}
