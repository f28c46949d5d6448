package ai.vernier.bench.accuracy;

import java.util.ArrayList;
import java.util.List;

/// The boxes that UltraFace's answers are relative to, in fractions of its input of 320×240: per cell of each grid, in
/// rows, the squares of that grid. An answer (x, y, w, h) to a box of centre c and size s is the box of centre
/// `c + 0.1 · (x, y) · s` and size `s · exp(0.2 · (w, h))` (Liu et al. 2016, [SSD](https://arxiv.org/abs/1512.02325)).
final class PriorBoxes {
    private static final double WIDTH = 320;
    private static final double HEIGHT = 240;
    private static final double CENTRE_VARIANCE = 0.1;
    private static final double SIZE_VARIANCE = 0.2;

    /// Pixels per cell, and the sides of its squares in pixels.
    private record Layer(int stride, List<Integer> sides) {}

    private static final List<Layer> LAYERS = List.of(
            new Layer(8, List.of(10, 16, 24)),
            new Layer(16, List.of(32, 48)),
            new Layer(32, List.of(64, 96)),
            new Layer(64, List.of(128, 192, 256)));

    private PriorBoxes() {}

    /// All of them, in the order of the answers.
    static List<Box> all() {
        List<Box> boxes = new ArrayList<>();
        for (Layer layer : LAYERS) {
            for (double y = layer.stride / 2.0; y - layer.stride / 2.0 < HEIGHT; y += layer.stride) {
                for (double x = layer.stride / 2.0; x < WIDTH; x += layer.stride) {
                    boxes.addAll(squares(layer, x / WIDTH, y / HEIGHT));
                }
            }
        }
        return boxes;
    }

    private static List<Box> squares(Layer layer, double x, double y) {
        return layer.sides.stream()
                .map(side -> Box.around(x, y, side / WIDTH, side / HEIGHT))
                .toList();
    }

    /// The box meant by the four numbers of `answers` from `at`.
    static Box decode(Box prior, float[] answers, int at) {
        double width = prior.right() - prior.left();
        double height = prior.bottom() - prior.top();
        return Box.around(
                prior.left() + width / 2 + CENTRE_VARIANCE * answers[at] * width,
                prior.top() + height / 2 + CENTRE_VARIANCE * answers[at + 1] * height,
                width * Math.exp(SIZE_VARIANCE * answers[at + 2]),
                height * Math.exp(SIZE_VARIANCE * answers[at + 3]));
    }
}
