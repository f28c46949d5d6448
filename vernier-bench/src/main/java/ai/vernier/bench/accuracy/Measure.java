package ai.vernier.bench.accuracy;

/// One number that says how good answers are.
///
/// @param name with the unit where it has one
/// @param points what a loss of 1 counts in the column "drop": 100 for shares, 1 for decibels, −1 where less is better
record Measure(String name, double value, double points) {
    /// A share of 1, the more the better.
    static Measure share(String name, double value) {
        return new Measure(name, value, 100);
    }

    /// How much worse `other` is than this.
    double drop(Measure other) {
        return points * (value - other.value);
    }
}
