package ai.vernier.quant;

/// What grid a tensor is to get; the calibrated numbers make it an [Encoding].
public record QuantSpec(IntegerFormat format, Granularity granularity, Scheme scheme) {
    public static QuantSpec perTensor(IntegerFormat format, Scheme scheme) {
        return new QuantSpec(format, new Granularity.PerTensor(), scheme);
    }
}
