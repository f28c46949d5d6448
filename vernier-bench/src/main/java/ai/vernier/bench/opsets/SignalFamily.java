package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.stream.LongStream;

/// Fourier transforms, windows, the mel scale.
final class SignalFamily {
    private SignalFamily() {}

    static void register(Operators operators) {
        operators.add("DFT", "17 20", SignalFamily::dft);
        operators.add("STFT", "17", (sketch, draw) -> {
            long length = draw.between(12, 30);
            long frame = draw.between(3, 9);
            boolean window = draw.chance(0.6);
            DataType type = draw.of(DataType.FLOAT, DataType.FLOAT, DataType.DOUBLE);
            sketch.flag("onesided", draw.chance(0.6), true)
                    .in(draw.tensor(type, draw.between(1, 2), length, 1))
                    .slack(50);
            sketch.parameter(TensorData.ofLongs(new long[] {draw.between(1, 4)}));
            if (window) {
                sketch.parameter(draw.reals(type, 0, 1, frame));
            } else {
                sketch.absent();
            }
            if (!window || draw.chance(0.5)) {
                sketch.parameter(TensorData.ofLongs(new long[] {frame}));
            }
        });
        for (String type : new String[] {"HannWindow", "HammingWindow", "BlackmanWindow"}) {
            operators.add(type, "17", (sketch, draw) -> {
                sketch.flag("periodic", draw.chance(0.5), true);
                sketch.parameter(TensorData.ofIntegers(Types.index(draw), new long[] {draw.between(2, 20)}));
                if (draw.chance(0.4)) {
                    sketch.set(
                            "output_datatype",
                            draw.of(DataType.FLOAT, DataType.DOUBLE).number());
                }
            });
        }
        operators.add("MelWeightMatrix", "17", (sketch, draw) -> {
            long rate = draw.of(8000L, 16000L);
            float low = (float) draw.real(0, 100);
            float high = (float) draw.real(1000, rate / 2.0);
            sketch.parameter(Draw.scalar((long) draw.between(3, 10)))
                    .parameter(Draw.scalar((long) draw.of(16, 32, 64)))
                    .parameter(Draw.scalar(rate))
                    .parameter(Draw.scalar(low))
                    .parameter(Draw.scalar(high));
        });
    }

    /// The axis is an attribute in opset 17 and an input from 20 on.
    private static void dft(Sketch sketch, Draw draw) {
        boolean inverse = draw.chance(0.3);
        boolean real = !inverse && draw.chance(0.5);
        boolean oneSided = real && draw.chance(0.5);
        long[] front =
                LongStream.of(draw.shape(2, 4)).map(size -> Math.max(2, size)).toArray();
        front[front.length - 1] = real ? 1 : 2;
        sketch.flag("inverse", inverse, false).flag("onesided", oneSided, false).slack(50);
        DataType type = draw.of(DataType.FLOAT, DataType.FLOAT, DataType.DOUBLE);
        sketch.in(draw.tensor(type, front));
        boolean length = draw.chance(0.4);
        long axis = draw.between(0, front.length - 2);
        long counted = draw.chance(0.5) ? axis : axis - front.length;
        if (length) {
            sketch.parameter(TensorData.ofLongs(new long[] {draw.between(1, 8)}));
        }
        if (!sketch.since(20)) {
            sketch.set("axis", counted);
        } else if (draw.chance(0.7)) {
            if (!length) {
                sketch.absent();
            }
            sketch.parameter(TensorData.ofLongs(new long[] {counted}));
        }
    }
}
