import { toMicroseconds } from '../call.js';
import { encodedTypeOf } from '../codec/encoded-type.js';
import { readPrediction } from '../codec/prediction.js';
import { rowModel } from '../codec/row-model.js';
import { requireRoom, requireServing } from '../readiness.js';
import { maxBatchSize } from '../schemas/predict.js';
import { answerEncoded } from './predict-images.js';
import { answerInput } from './predict-task.js';
/** `POST /predict`: rows of numbers, inputs or images in, what the model's task makes of them out. */
export function predict({ host }) {
    const rowModels = new WeakMap();
    const rowModelOf = (served) => {
        let found = rowModels.get(served);
        if (!found)
            rowModels.set(served, (found = rowModel(served)));
        return found;
    };
    const reader = { parser: host, maxNumbers: () => maxNumbers(host, rowModelOf) };
    return (exchange) => {
        const type = encodedTypeOf(exchange.req);
        return type ? answerEncoded(exchange, type) : answer(exchange, reader, rowModelOf);
    };
}
/** The most numbers that any model takes; whatever fits into a body where one takes no rows. */
function maxNumbers(host, rowModelOf) {
    let most = 0;
    for (const served of host.list()) {
        try {
            most = Math.max(most, maxBatchSize * rowModelOf(served).features);
        }
        catch {
            return Infinity;
        }
    }
    return most;
}
async function answer(exchange, reader, rowModelOf) {
    const { call, req, context, note } = exchange;
    const { host, bodyLimits } = context;
    requireServing(context);
    requireRoom(context, call.client);
    call.limitTo(exchange.timeLimit);
    const input = await readPrediction(req, bodyLimits, reader);
    // An unknown version is said so before its values are looked at: another version may take other rows.
    const served = host.model(input.model ?? host.defaultModel, input.version);
    call.about(served);
    if (!isPlain(input))
        return answerInput(exchange, served, input, rowModelOf);
    const model = rowModelOf(served);
    if (!model.hasBestClass)
        return answerInput(exchange, served, input, rowModelOf);
    const rows = input.rows(model);
    note.rows = rows.batchSize;
    note.shape = [rows.batchSize, model.features];
    const limits = { signal: call.signal, timeoutMs: call.timeLeft(), client: call.client };
    const { predictions, confidenceScores, timings } = await model.predict(rows, limits);
    note.inferenceMs = toMicroseconds(timings.runMs);
    note.queueMs = toMicroseconds(timings.queueMs);
    const response = {
        predictions,
        confidence_scores: confidenceScores,
        model_version: served.version,
        inference_time_ms: timings.runMs,
    };
    exchange.json(200, response);
}
/** Rows for the default model, and nothing else: what answers had from the first is all that such a request gets. */
function isPlain(input) {
    return input.form === 'rows' && input.model === undefined && input.topK === undefined;
}
