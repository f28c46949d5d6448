package ai.vernier.bench.opsets;

/// An operator, the opsets that brought a version of it, and how its nodes are drawn.
///
/// @param since the opsets from 7 on at which it changed; 7 stands for what held then
@SuppressWarnings("ArrayRecordComponent") // never compared
record Operator(String type, long[] since, Drawing drawing) {
    /// Fills in attributes and inputs that are valid for the sketch's opset.
    @FunctionalInterface
    interface Drawing {
        void draw(Sketch sketch, Draw draw);
    }
}
