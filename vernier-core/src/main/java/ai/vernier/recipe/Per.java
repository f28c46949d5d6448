package ai.vernier.recipe;

import java.util.Locale;

/// What shares one weight scale.
public enum Per {
    TENSOR,
    CHANNEL;

    /// As recipes and flags write it.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
