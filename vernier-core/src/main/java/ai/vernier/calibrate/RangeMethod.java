package ai.vernier.calibrate;

import ai.vernier.observe.StatisticKind;
import ai.vernier.onnx.InvalidInputException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleFunction;

/// How the range that a grid covers is chosen from what is known of a tensor's values.
///
/// Recipes write methods as `name` or `name:parameter`, such as `percentile:99.9`; [#parse] reads that,
/// [#text] writes it. Read as well are the names under which users of other quantizers know a method:
/// `extrema` and `mean` (Compass), `tf` and `tf-enhanced` (AIMET, QNN).
public sealed interface RangeMethod {
    /// `minmax`: from the smallest to the largest value; nothing is clipped. QNN tf, AIMET min-max,
    /// Compass extrema.
    record Extrema() implements RangeMethod {}

    /// `moving-average`: exponential moving averages of the batches' minima and maxima, m ← momentum · m
    /// + (1 − momentum) · batch, the first batch starting them; 0.9 where no momentum is given. Compass
    /// mean. Outliers of single batches count less; so do all batches but the last few.
    record MovingAverage(double momentum) implements RangeMethod {
        public MovingAverage {
            require(momentum >= 0 && momentum < 1, "moving-average", momentum, "a momentum in 0 … 1");
        }
    }

    /// `percentile`: the range that leaves out (100 − percent) % of the values below and as many above;
    /// 99.99 where no percentage is given.
    record Percentile(double percent) implements RangeMethod {
        public Percentile {
            require(percent > 50 && percent <= 100, "percentile", percent, "a percentage in 50 … 100");
        }
    }

    /// `mse`: the range with the least mean squared quantization error, rounding and clipping weighed
    /// equally.
    record Mse() implements RangeMethod {}

    /// `sqnr`: as [Mse] with the squared error of clipped values counting gamma times; 3 where no gamma
    /// is given. AIMET tf-enhanced.
    record Sqnr(double gamma) implements RangeMethod {
        public Sqnr {
            require(gamma > 0 && Double.isFinite(gamma), "sqnr", gamma, "a positive weight of clipping");
        }
    }

    private static void require(boolean valid, String name, double found, String expected) {
        if (!valid) {
            throw new InvalidInputException(
                    "range method '%s:%s': found %s, expected %s".formatted(name, found, found, expected));
        }
    }

    /// The names that [#parse] knows, each with its parameter and the default of that.
    static List<String> known() {
        return List.of(
                "minmax", "moving-average[:momentum=0.9]", "percentile[:percent=99.99]", "mse", "sqnr[:gamma=3]");
    }

    /// The method that `text` names.
    ///
    /// @throws InvalidInputException where the name is unknown (the message lists the known ones) or its
    ///     parameter is
    ///     not a number in the method's range
    static RangeMethod parse(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        Optional<String> parameter = colon < 0 ? Optional.empty() : Optional.of(text.substring(colon + 1));
        return switch (name) {
            case "minmax", "extrema", "tf" -> without(parameter, text, new Extrema());
            case "mse" -> without(parameter, text, new Mse());
            case "moving-average", "mean" -> with(parameter.orElse("0.9"), text, MovingAverage::new);
            case "percentile" -> with(parameter.orElse("99.99"), text, Percentile::new);
            case "sqnr", "tf-enhanced" -> with(parameter.orElse("3"), text, Sqnr::new);
            default ->
                throw new InvalidInputException(
                        "range method '%s' is not known; known are %s".formatted(text, String.join(", ", known())));
        };
    }

    private static RangeMethod without(Optional<String> parameter, String text, RangeMethod method) {
        if (parameter.isPresent()) {
            throw new InvalidInputException("range method '%s' takes no parameter".formatted(text));
        }
        return method;
    }

    private static RangeMethod with(String parameter, String text, DoubleFunction<RangeMethod> method) {
        try {
            return method.apply(Double.parseDouble(parameter));
        } catch (NumberFormatException notANumber) {
            throw new InvalidInputException(
                    "range method '%s': '%s' is not a number".formatted(text, parameter), notANumber);
        }
    }

    /// As [#parse] reads it, the parameter always given.
    default String text() {
        return switch (this) {
            case Extrema() -> "minmax";
            case MovingAverage(double momentum) -> "moving-average:" + momentum;
            case Percentile(double percent) -> "percentile:" + percent;
            case Mse() -> "mse";
            case Sqnr(double gamma) -> "sqnr:" + gamma;
        };
    }

    /// What has to be measured of an activation besides its range.
    default Set<StatisticKind> needs() {
        return switch (this) {
            case Extrema() -> Set.of();
            case MovingAverage(double _) -> Set.of(StatisticKind.BATCH_RANGES);
            case Percentile(double _) -> Set.of(StatisticKind.HISTOGRAM);
            case Mse() -> Set.of(StatisticKind.HISTOGRAM);
            case Sqnr(double _) -> Set.of(StatisticKind.HISTOGRAM);
        };
    }
}
