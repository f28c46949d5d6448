package ai.vernier.engine.cpu;

/// Whether the next run of a program shares its work among threads, from what earlier runs took.
///
/// XNNPACK's pool waits for all its threads after each operator. Beside other busy programs a thread gets its core
/// milliseconds late, and a run of a hundred operators then takes a hundred times as long as the caller's thread alone.
/// So a run that is much slower than usual, or the first, is followed by one alone; the faster way goes on. Sharing
/// is tried again after 4 runs alone, then after 8, up to 256.
public final class ThreadChoice {
    /// A run this many times slower than usual asks for a comparison, if the one before was slow too.
    private static final double SLOW = 1.5;

    /// How much of its value the usual duration grows by with each run, to forget a lucky one.
    private static final double FORGETTING = 1.02;

    private static final int LEAST_PATIENCE = 4;
    private static final int MOST_PATIENCE = 256;

    private State state = State.COLD;
    private double usual;
    private double suspected;
    private double alone;
    private boolean wasSlow = true;
    private int patience = LEAST_PATIENCE;
    private int left;

    private enum State {
        /// The first run, whose duration says nothing.
        COLD,
        SHARING,
        /// One run alone, because sharing seems slow.
        COMPARING,
        ALONE,
        /// One shared run, because the other programs may be gone.
        PROBING
    }

    boolean isTogether() {
        return state != State.COMPARING && state != State.ALONE;
    }

    /// A run is over.
    ///
    /// @param cost its duration per amount of work, in any unit
    void took(double cost) {
        switch (state) {
            case COLD -> state = State.SHARING;
            case SHARING -> shared(cost);
            case COMPARING -> compared(cost);
            case ALONE -> wentAlone(cost);
            case PROBING -> probed(cost);
        }
    }

    private void shared(double cost) {
        boolean slow = cost > SLOW * usual;
        if (slow && wasSlow) {
            suspected = cost;
            state = State.COMPARING;
        } else if (!slow) {
            usual = Math.min(cost, FORGETTING * usual);
        }
        wasSlow = slow;
    }

    private void compared(double cost) {
        if (cost < suspected) {
            stayAlone(cost);
        } else {
            share(suspected);
        }
    }

    private void wentAlone(double cost) {
        alone = cost;
        left--;
        if (left == 0) {
            state = State.PROBING;
        }
    }

    private void probed(double cost) {
        if (cost < alone) {
            patience = LEAST_PATIENCE;
            share(cost);
        } else {
            patience = Math.min(2 * patience, MOST_PATIENCE);
            stayAlone(alone);
        }
    }

    private void stayAlone(double cost) {
        alone = cost;
        left = patience;
        state = State.ALONE;
    }

    private void share(double cost) {
        usual = cost;
        wasSlow = false;
        state = State.SHARING;
    }
}
