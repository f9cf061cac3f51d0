import type { ServedModel } from '../../serving/index.js';
import { toMicroseconds } from '../call.js';
import { readPrediction, type BodyReader } from '../codec/prediction.js';
import { rowModel, type RowModel } from '../codec/row-model.js';
import type { ServerContext } from '../context.js';
import type { InferenceHost } from '../host.js';
import type { Exchange, Handler } from '../http/exchange.js';
import { requireRoom, requireServing } from '../readiness.js';
import { maxBatchSize, type PredictResponse } from '../schemas/predict.js';

/** `POST /predict`: rows of numbers in, the best class of each out. A codec over `ServedModel.predict`. */
export function predict({ host }: ServerContext): Handler {
  const rowModels = new WeakMap<ServedModel, RowModel>();
  const rowModelOf = (served: ServedModel): RowModel => {
    let found = rowModels.get(served);
    if (!found) rowModels.set(served, (found = rowModel(served)));
    return found;
  };
  const reader = { parser: host, maxNumbers: () => maxNumbers(host, rowModelOf) };
  return (exchange) => answer(exchange, reader, rowModelOf);
}

/** The most numbers that a version of the default model takes; whatever fits into a body where it is no classifier. */
function maxNumbers(host: InferenceHost, rowModelOf: (served: ServedModel) => RowModel): number {
  let most = 0;
  for (const served of host.list()) {
    if (served.name !== host.defaultModel) continue;
    try {
      most = Math.max(most, maxBatchSize * rowModelOf(served).features);
    } catch {
      return Infinity;
    }
  }
  return most;
}

async function answer(
  exchange: Exchange,
  reader: BodyReader,
  rowModelOf: (served: ServedModel) => RowModel,
): Promise<void> {
  const { call, req, context, note } = exchange;
  const { host, bodyLimits } = context;
  requireServing(context);
  requireRoom(context);
  call.limitTo(exchange.timeLimit);
  const input = await readPrediction(req, bodyLimits, reader);
  // An unknown version is said so before its values are looked at: another version may take other rows.
  const served = host.model(host.defaultModel, input.version);
  note.model = served.name;
  note.version = served.version;
  const model = rowModelOf(served);
  const rows = input.rows(model);
  note.rows = rows.batchSize;
  note.shape = [rows.batchSize, model.features];
  const limits = { signal: call.signal, timeoutMs: call.timeLeft() };
  const { predictions, confidenceScores, timings } = await model.predict(rows, limits);
  note.inferenceMs = toMicroseconds(timings.runMs);
  note.queueMs = toMicroseconds(timings.queueMs);
  const response: PredictResponse = {
    predictions,
    confidence_scores: confidenceScores,
    model_version: served.version,
    inference_time_ms: timings.runMs,
  };
  exchange.json(200, response);
}
