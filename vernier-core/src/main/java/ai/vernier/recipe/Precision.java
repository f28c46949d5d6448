package ai.vernier.recipe;

/// Everything a recipe decides about the grid of a tensor. Range methods are named here and known to `calibrate`.
///
/// @param weightBits 2 … 16
/// @param activationBits 4 … 16
/// @param symmetric whether activations have their zero in the middle of the grid
/// @param keepFloat whether there is to be no grid at all
public record Precision(
        Per per,
        int weightBits,
        int activationBits,
        boolean symmetric,
        String weightMethod,
        String activationMethod,
        boolean keepFloat) {
    /// This precision with one thing changed.
    public Precision with(Setting setting) {
        return switch (setting) {
            case Setting.WeightsPer(Per changed) ->
                new Precision(
                        changed, weightBits, activationBits, symmetric, weightMethod, activationMethod, keepFloat);
            case Setting.WeightBits(int changed) ->
                new Precision(per, changed, activationBits, symmetric, weightMethod, activationMethod, keepFloat);
            case Setting.ActivationBits(int changed) ->
                new Precision(per, weightBits, changed, symmetric, weightMethod, activationMethod, keepFloat);
            case Setting.Symmetric(boolean changed) ->
                new Precision(per, weightBits, activationBits, changed, weightMethod, activationMethod, keepFloat);
            case Setting.WeightMethod(String changed) ->
                new Precision(per, weightBits, activationBits, symmetric, changed, activationMethod, keepFloat);
            case Setting.ActivationMethod(String changed) ->
                new Precision(per, weightBits, activationBits, symmetric, weightMethod, changed, keepFloat);
            case Setting.KeepFloat(boolean changed) ->
                new Precision(per, weightBits, activationBits, symmetric, weightMethod, activationMethod, changed);
        };
    }
}
