package ai.vernier.bench.digits;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class TrainingTest {
    @Test
    void aShortTrainingAlreadyTellsDigitsApart() {
        DigitSet probe = new Digits(2).draw(0, 200);
        // More threads wait for one another when the machine is busy; this network is too small to need them.
        torch.set_num_threads(1);
        torch.manual_seed(6);
        try (DigitNetwork network = new DigitNetwork(Architecture.layers())) {
            new Training(160, 32, 0.006).run(network, new Digits(1), _ -> {});
            assertThat(probe.accuracy(network.infer(probe.images()))).isGreaterThan(0.5);
        }
    }
}
