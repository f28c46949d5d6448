package ai.vernier.recipe;

/// One thing a recipe may ask for, of everything or of what a rule selects.
public sealed interface Setting {
    /// As recipes write it, such as `weight-bits: 4`.
    String text();

    /// Tensors: no grid. Nodes: computed in floating point. `false` takes that back.
    record KeepFloat(boolean keep) implements Setting {
        @Override
        public String text() {
            return "float: " + keep;
        }
    }

    /// Width of weights.
    record WeightBits(int bits) implements Setting {
        @Override
        public String text() {
            return "weight-bits: " + bits;
        }
    }

    /// Width of activations.
    record ActivationBits(int bits) implements Setting {
        @Override
        public String text() {
            return "activation-bits: " + bits;
        }
    }

    /// Whether activations have their zero in the middle of the grid.
    record Symmetric(boolean symmetric) implements Setting {
        @Override
        public String text() {
            return "symmetric: " + symmetric;
        }
    }

    /// What shares one weight scale.
    record WeightsPer(Per per) implements Setting {
        @Override
        public String text() {
            return "per: " + per.text();
        }
    }

    /// Range method of weights, such as `minmax`.
    record WeightMethod(String method) implements Setting {
        @Override
        public String text() {
            return "weight-method: " + method;
        }
    }

    /// Range method of activations, such as `percentile:99.99`.
    record ActivationMethod(String method) implements Setting {
        @Override
        public String text() {
            return "activation-method: " + method;
        }
    }
}
