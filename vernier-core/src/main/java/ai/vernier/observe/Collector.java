package ai.vernier.observe;

import ai.vernier.data.Batch;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Model;

/// Measures tensors in one streaming pass over the data: batch after batch runs through the engine, every
/// requested value is counted as soon as it is computed and then forgotten. Memory is that of one batch
/// and the bins.
///
/// @param batchSize samples per run, at least 1; moving averages depend on it by their definition,
///     nothing else does
public record Collector(EngineOptions engine, int batchSize, ProgressListener progress) {
    public Collector {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size " + batchSize);
        }
    }

    /// What `samples` tell of the requested values of `model`; nothing is run where nothing is requested.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where the data is unusable, or a value becomes NaN
    ///     or infinite: tensor
    ///     and samples are named
    /// @throws ai.vernier.onnx.UnsupportedModelException where the engine cannot run the model
    public Statistics collect(Model model, StatisticsRequest request, SampleSource samples) {
        if (request.isEmpty()) {
            return Statistics.EMPTY;
        }
        try (Executor executor = Executor.compile(model, engine, request.tensors()::containsKey)) {
            return collect(executor, request, samples);
        }
    }

    /// As above, on an executor to which every requested value is visible.
    public Statistics collect(Executor executor, StatisticsRequest request, SampleSource samples) {
        Observer observer = new Observer(request, engine.threads());
        progress.started("Calibrate", samples.size());
        long seen = 0;
        for (Batch batch : samples.batches(batchSize)) {
            observer.next(batch);
            executor.run(batch.inputs(), observer);
            seen += batch.count();
            progress.advanced(seen);
        }
        progress.finished();
        return observer.statistics(seen);
    }
}
