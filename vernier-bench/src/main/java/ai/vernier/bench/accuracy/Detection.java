package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import java.util.ArrayList;
import java.util.List;

/// An object that a detector claims to see.
record Detection(int image, int category, double score, Box box) {
    /// Boxes that overlap less are of different objects.
    private static final double SAME = 0.5;

    /// Objects that both see, of all that either sees.
    static Agreement agreement(List<Detection> reference, List<Detection> other) {
        List<Detection> free = new ArrayList<>(other);
        long both = 0;
        for (Detection detection : reference) {
            for (int i = 0; i < free.size(); i++) {
                if (free.get(i).isSame(detection)) {
                    free.remove(i);
                    both++;
                    break;
                }
            }
        }
        return new Agreement(both, reference.size() + other.size() - both);
    }

    private boolean isSame(Detection other) {
        return image == other.image && category == other.category && box.overlap(other.box) >= SAME;
    }
}
