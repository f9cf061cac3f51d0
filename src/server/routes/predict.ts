import type { ServedModel } from '../../serving/index.js';
import { choiceOfQuery } from '../codec/choice.js';
import { encodedTypeOf } from '../codec/encoded-type.js';
import { readPrediction, type BodyReader, type PredictionInput } from '../codec/prediction.js';
import { rowModel, type RowModel, type RowModelOf } from '../codec/row-model.js';
import type { ServerContext } from '../context.js';
import type { InferenceHost } from '../host.js';
import { bodyTypeOf } from '../http/body.js';
import type { Exchange, Handler } from '../http/exchange.js';
import { splitName } from '../inference/model-name.js';
import { requireRoom, requireServing } from '../readiness.js';
import { maxBatchSize, type PredictResponse } from '../schemas/predict.js';
import { answerEncoded } from './predict-images.js';
import { answerInput } from './predict-task.js';

/** `POST /predict`: rows of numbers, inputs or images in, what the model's task makes of them out. */
export function predict({ host }: ServerContext): Handler {
  const rowModels = new WeakMap<ServedModel, RowModel>();
  const rowModelOf = (served: ServedModel): RowModel => {
    let found = rowModels.get(served);
    if (!found) rowModels.set(served, (found = rowModel(served)));
    return found;
  };
  const reader = { parser: host, maxNumbers: () => maxNumbers(host, rowModelOf) };
  return (exchange) => {
    const type = encodedTypeOf(exchange.req);
    if (type) return answerEncoded(exchange, type);
    // Refused in the same turn, without a promise: there may be very many of these.
    requireServing(exchange.context);
    exchange.call.limitTo(exchange.timeLimit);
    requireRoom(modelsMeant(exchange), exchange.call);
    return answer(exchange, reader, rowModelOf);
  };
}

/** The most numbers that any model takes; whatever fits into a body where one takes no rows. */
function maxNumbers(host: InferenceHost, rowModelOf: RowModelOf): number {
  let most = 0;
  for (const served of host.list()) {
    try {
      most = Math.max(most, maxBatchSize * rowModelOf(served).features);
    } catch {
      return Infinity;
    }
  }
  return most;
}

async function answer(exchange: Exchange, reader: BodyReader, rowModelOf: RowModelOf): Promise<void> {
  const { call, req, context, note } = exchange;
  const { host, bodyLimits } = context;
  const input = await readPrediction(req, bodyLimits, reader);
  // An unknown version is said so before its values are looked at: another version may take other rows.
  const { model: name = host.defaultModel, version } = splitName(input);
  const served = host.model(name, version, call.split);
  call.about(served);
  if (!isPlain(input)) return answerInput(exchange, served, input, rowModelOf);
  const model = rowModelOf(served);
  if (!model.hasBestClass) return answerInput(exchange, served, input, rowModelOf);
  const rows = input.rows(model);
  note.rows = rows.batchSize;
  note.shape = [rows.batchSize, model.features];
  const { predictions, confidenceScores, timings } = await model.predict(rows, call.limits());
  call.noteTimes(timings);
  const response: PredictResponse = {
    predictions,
    confidence_scores: confidenceScores,
    model_version: served.version,
    inference_time_ms: timings.runMs,
  };
  exchange.json(200, response);
}

/**
 * The models that a request may be for, as far as its head tells: JSON may name any that the query does not rule out. Where the
 * head is wrong they are all, because its fault is told in its order, after those of the body.
 */
function modelsMeant({ context: { host }, req, call }: Exchange): readonly ServedModel[] {
  try {
    const { model, version } = splitName(choiceOfQuery(req.url ?? ''));
    if (bodyTypeOf(req) === 'octets') return [host.model(model ?? host.defaultModel, version, call.split)];
    if (model === undefined && version === undefined) return host.list();
    if (model !== undefined && version !== undefined) return [host.model(model, version, call.split)];
    if (version === undefined) return host.list().filter((served) => served.name === model);
    const names = new Set(host.list().map(({ name }) => name));
    return [...names].flatMap((name) => called(host, name, version));
  } catch {
    return host.list();
  }
}

/** What a version, an alias or a digest means among those of one name: nothing for many of them. */
function called(host: InferenceHost, name: string, reference: string): readonly ServedModel[] {
  try {
    return [host.model(name, reference)];
  } catch {
    return [];
  }
}

/** Rows for the default model, and nothing else: what answers had from the first is all that such a request gets. */
function isPlain(input: PredictionInput): input is Extract<PredictionInput, { form: 'rows' }> {
  return input.form === 'rows' && input.model === undefined && input.topK === undefined;
}
