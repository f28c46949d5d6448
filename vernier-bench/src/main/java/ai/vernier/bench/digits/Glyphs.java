package ai.vernier.bench.digits;

import ai.vernier.bench.digits.Stroke.Ellipse;
import java.util.List;

/// The ways in which a digit is written, as strokes in the box |x| ≤ 0.6, |y| ≤ 1.
final class Glyphs {
    private Glyphs() {}

    /// Every way of writing a digit.
    ///
    /// @param digit 0 … 9
    /// @return at least one list of strokes
    static List<List<Stroke>> of(int digit) {
        return switch (digit) {
            case 0 -> List.of(List.of(arc(new Ellipse(0, 0, 0.6, 1), -90, 270)));
            case 1 -> ones();
            case 2 ->
                List.of(List.of(arc(new Ellipse(0, -0.45, 0.55, 0.55), 180, 390).then(Stroke.line(-0.55, 1, 0.6, 1))));
            case 3 -> threes();
            case 4 -> fours();
            case 5 ->
                List.of(List.of(Stroke.line(0.5, -1, -0.4, -1).then(arc(new Ellipse(0, 0.35, 0.55, 0.65), -145, 145))));
            case 6 -> sixes();
            case 7 -> sevens();
            case 8 ->
                List.of(List.of(
                        arc(new Ellipse(0, -0.5, 0.45, 0.5), 90, 450), arc(new Ellipse(0, 0.5, 0.55, 0.5), -90, 270)));
            case 9 -> nines();
            default -> throw new IllegalArgumentException("no digit " + digit);
        };
    }

    private static Stroke arc(Ellipse ellipse, double startDegrees, double endDegrees) {
        return Stroke.arc(ellipse, startDegrees, endDegrees);
    }

    private static List<List<Stroke>> ones() {
        Stroke bare = Stroke.line(0, -1, 0, 1);
        Stroke flagged = Stroke.line(-0.35, -0.55, 0, -1, 0, 1);
        Stroke base = Stroke.line(-0.35, 1, 0.35, 1);
        return List.of(List.of(bare), List.of(flagged), List.of(flagged, base));
    }

    private static List<List<Stroke>> threes() {
        Stroke bowl = arc(new Ellipse(-0.05, 0.5, 0.58, 0.5), -90, 155);
        Stroke round = arc(new Ellipse(-0.05, -0.5, 0.5, 0.5), 205, 450);
        Stroke flat = Stroke.line(-0.5, -1, 0.5, -1, -0.05, -0.05);
        return List.of(List.of(round.then(bowl)), List.of(flat.then(bowl)));
    }

    private static List<List<Stroke>> fours() {
        Stroke closed = Stroke.line(0.25, 1, 0.25, -1, -0.6, 0.35, 0.6, 0.35);
        Stroke open = Stroke.line(-0.4, -1, -0.5, 0.1, 0.55, 0.1);
        Stroke stem = Stroke.line(0.3, -0.6, 0.3, 1);
        return List.of(List.of(closed), List.of(open, stem));
    }

    private static List<List<Stroke>> sixes() {
        Stroke loop = arc(new Ellipse(0, 0.4, 0.55, 0.6), 180, 540);
        Stroke curved = arc(new Ellipse(0.35, 0.35, 0.9, 1.3), -90, -180);
        Stroke straight = Stroke.line(0.2, -1, -0.45, 0.1);
        return List.of(List.of(curved.then(loop)), List.of(straight.then(loop)));
    }

    private static List<List<Stroke>> sevens() {
        Stroke plain = Stroke.line(-0.55, -1, 0.55, -1, -0.1, 1);
        Stroke bar = Stroke.line(-0.25, 0, 0.45, 0);
        return List.of(List.of(plain), List.of(plain, bar));
    }

    private static List<List<Stroke>> nines() {
        Stroke loop = arc(new Ellipse(0, -0.4, 0.5, 0.6), 0, 360);
        Stroke straight = Stroke.line(0.5, -0.4, 0.35, 1);
        Stroke curved = arc(new Ellipse(-0.35, -0.35, 0.85, 1.35), 0, 90);
        return List.of(List.of(loop.then(straight)), List.of(loop.then(curved)));
    }
}
