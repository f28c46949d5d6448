package ai.vernier.bench.opsets;

import static ai.vernier.onnx.DataType.BFLOAT16;
import static ai.vernier.onnx.DataType.BOOL;
import static ai.vernier.onnx.DataType.DOUBLE;
import static ai.vernier.onnx.DataType.FLOAT;
import static ai.vernier.onnx.DataType.FLOAT16;
import static ai.vernier.onnx.DataType.INT16;
import static ai.vernier.onnx.DataType.INT32;
import static ai.vernier.onnx.DataType.INT64;
import static ai.vernier.onnx.DataType.INT8;
import static ai.vernier.onnx.DataType.UINT16;
import static ai.vernier.onnx.DataType.UINT32;
import static ai.vernier.onnx.DataType.UINT64;
import static ai.vernier.onnx.DataType.UINT8;

import ai.vernier.onnx.DataType;

/// The type sets of the operator schemas. float32 comes first and is drawn more often than the others.
final class Types {
    private static final DataType[] FLOATS = {FLOAT, FLOAT, FLOAT, DOUBLE, FLOAT16};
    private static final DataType[] WITH_BFLOAT = {FLOAT, FLOAT, FLOAT, DOUBLE, FLOAT16, BFLOAT16};
    private static final DataType[] NUMERIC = {
        FLOAT, FLOAT, DOUBLE, FLOAT16, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64
    };
    private static final DataType[] HIGH = {FLOAT, FLOAT, DOUBLE, FLOAT16, INT32, INT64, UINT32, UINT64};
    private static final DataType[] ALL = {
        FLOAT, FLOAT, DOUBLE, FLOAT16, BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64
    };
    private static final DataType[] INTEGERS = {INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64};

    private Types() {}

    static DataType floating(Draw draw) {
        return draw.of(FLOATS);
    }

    /// With bfloat16, which most operators took at opset 13 and the others at 22.
    static DataType floating(Sketch sketch, long bfloatSince) {
        return sketch.since(bfloatSince) ? sketch.draw.of(WITH_BFLOAT) : sketch.draw.of(FLOATS);
    }

    static DataType numeric(Draw draw) {
        return draw.of(NUMERIC);
    }

    /// 32 bits and more, and all floats.
    static DataType high(Draw draw) {
        return draw.of(HIGH);
    }

    static DataType any(Draw draw) {
        return draw.of(ALL);
    }

    static DataType integer(Draw draw) {
        return draw.of(INTEGERS);
    }

    static DataType index(Draw draw) {
        return draw.of(INT64, INT32);
    }
}
