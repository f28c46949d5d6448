package ai.vernier.export;

import ai.vernier.onnx.TensorData;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granules;
import ai.vernier.quant.Quantizer;

/// Dequantizes stored codes so that quantizing the result gives the codes back.
///
/// Up to 2^22 the float32 product `scale · q` does. An int32 bias code beyond may come back one float off, because two
/// float32 roundings lie between; then a neighbour of the product is taken where that hits the code.
final class FloatCodes {
    private static final int SAFE_BITS = 16;

    private FloatCodes() {}

    static TensorData of(TensorData codes, Encoding encoding) {
        TensorData product = Quantizer.ONNX.dequantize(codes, encoding);
        if (encoding.format().bits() <= SAFE_BITS) {
            return product;
        }
        long[] wanted = codes.toLongs();
        float[] values = product.toFloats();
        Granules.of(codes.dims(), encoding.granularity()).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int at = run.start() + i;
                values[at] = nearest(values[at], wanted[at], encoding, run.granule() + i * run.step());
            }
        });
        return TensorData.ofFloats(values, codes.dims());
    }

    private static float nearest(float product, long code, Encoding encoding, int granule) {
        for (float candidate : new float[] {product, Math.nextUp(product), Math.nextDown(product)}) {
            if (Quantizer.ONNX.quantize(candidate, encoding, granule) == code) {
                return candidate;
            }
        }
        return product;
    }
}
