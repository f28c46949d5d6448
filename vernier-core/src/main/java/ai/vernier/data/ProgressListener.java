package ai.vernier.data;

/// Hears how far a long piece of work has come. Calls of one piece of work do not overlap.
public interface ProgressListener {
    /// Hears nothing.
    ProgressListener SILENT = new ProgressListener() {
        @Override
        public void started(String stage, long total) {
            // Nobody listens.
        }

        @Override
        public void advanced(long done) {
            // Nobody listens.
        }

        @Override
        public void finished() {
            // Nobody listens.
        }
    };

    /// A stage of `total` units begins, `Calibrate` of 100 samples for instance.
    void started(String stage, long total);

    /// `done` of the units that [#started] announced are complete.
    void advanced(long done);

    /// The stage is over.
    void finished();
}
