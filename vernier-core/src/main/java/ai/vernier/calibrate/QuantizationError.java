package ai.vernier.calibrate;

import ai.vernier.quant.Encoding;

/// The mean squared error that per-tensor grids would cause on some fixed values.
interface QuantizationError {
    double of(Encoding grid);
}
