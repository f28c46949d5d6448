package ai.vernier.bench.accuracy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Average precision of detections as COCO defines it, at one overlap: per category, detections in falling order of
/// score each take the best free object of their image; precision, made falling from the right, is averaged at recall
/// 0, 0.01 … 1; categories without objects do not count (COCO API, `cocoeval.py`).
final class AveragePrecision {
    private static final int RECALL_POINTS = 101;

    private final double minOverlap;

    /// @param minOverlap intersection over union from which a detection counts, 0.5 for AP50
    AveragePrecision(double minOverlap) {
        this.minOverlap = minOverlap;
    }

    /// Mean over the categories that have objects, 0 … 1; NaN where there are no objects.
    double of(List<Detection> detections, List<Truth> truths) {
        return truths.stream()
                .mapToInt(Truth::category)
                .distinct()
                .mapToDouble(category -> ofCategory(
                        detections.stream()
                                .filter(detection -> detection.category() == category)
                                .toList(),
                        truths.stream()
                                .filter(truth -> truth.category() == category)
                                .toList()))
                .average()
                .orElse(Double.NaN);
    }

    private double ofCategory(List<Detection> detections, List<Truth> truths) {
        List<Detection> ranked = new ArrayList<>(detections);
        ranked.sort(Comparator.comparingDouble(Detection::score).reversed());
        Set<Integer> taken = new HashSet<>();
        double[] recall = new double[ranked.size()];
        double[] precision = new double[ranked.size()];
        for (int i = 0; i < ranked.size(); i++) {
            int match = bestFree(ranked.get(i), truths, taken);
            if (match >= 0) {
                taken.add(match);
            }
            recall[i] = (double) taken.size() / truths.size();
            precision[i] = (double) taken.size() / (i + 1);
        }
        return area(recall, precision);
    }

    /// Index of the free object with the highest overlap, −1 where none overlaps enough.
    private int bestFree(Detection detection, List<Truth> truths, Set<Integer> taken) {
        int best = -1;
        double highest = minOverlap;
        for (int i = 0; i < truths.size(); i++) {
            double overlap = truths.get(i).image() == detection.image() && !taken.contains(i)
                    ? detection.box().overlap(truths.get(i).box())
                    : -1;
            if (overlap >= highest) {
                best = i;
                highest = overlap;
            }
        }
        return best;
    }

    private static double area(double[] recall, double[] precision) {
        for (int i = precision.length - 2; i >= 0; i--) {
            precision[i] = Math.max(precision[i], precision[i + 1]);
        }
        double sum = 0;
        int at = 0;
        for (int point = 0; point < RECALL_POINTS; point++) {
            double wanted = point / (RECALL_POINTS - 1.0);
            while (at < recall.length && recall[at] < wanted) {
                at++;
            }
            sum += at < recall.length ? precision[at] : 0;
        }
        return sum / RECALL_POINTS;
    }
}
