import type { IncomingMessage, ServerResponse } from 'node:http';
import { classifier, type Classifier, type ServedModel } from '../../serving/index.js';
import { readPrediction } from '../codec/prediction.js';
import type { ServerContext } from '../context.js';
import { Exchange } from '../http/exchange.js';
import { timeLimit } from '../http/time-limit.js';
import { requireRoom, requireServing } from '../readiness.js';
import type { PredictResponse } from '../schemas/predict.js';

/** A handler that needs nothing of Express: the app mounts it, and the server calls it in front of the app. */
export type RawHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** `POST /predict`. */
export function predictHandler(context: ServerContext): RawHandler {
  const classifiers = new WeakMap<ServedModel, Classifier>();
  const classifierOf = (served: ServedModel): Classifier => {
    let found = classifiers.get(served);
    if (!found) classifiers.set(served, (found = classifier(served)));
    return found;
  };
  return (req, res) => {
    const exchange = Exchange.of(context, req, res);
    exchange.route = '/predict';
    predict(exchange, classifierOf).then(
      (answer) => exchange.json(200, answer),
      (error: unknown) => exchange.fail(error),
    );
  };
}

async function predict(
  exchange: Exchange,
  classifierOf: (served: ServedModel) => Classifier,
): Promise<PredictResponse> {
  const { call, req, context, note } = exchange;
  const { host, bodyLimitBytes, requestTimeoutMs } = context;
  requireServing(context);
  requireRoom(context);
  call.limitTo(timeLimit(req, requestTimeoutMs));
  const input = await readPrediction(req, bodyLimitBytes);
  // An unknown version is said so before its values are looked at: another version may take other rows.
  const served = host.model(host.defaultModel, input.version);
  note.model = served.name;
  note.version = served.version;
  const model = classifierOf(served);
  const { rows, batchSize } = input.rows(model);
  note.rows = batchSize;
  note.shape = [batchSize, model.features];
  const { predictions, confidenceScores, inferenceTimeMs, queueTimeMs } = await model.predict(rows, batchSize, {
    signal: call.signal,
    timeoutMs: call.timeLeft(),
  });
  note.inferenceMs = inferenceTimeMs;
  note.queueMs = queueTimeMs;
  return {
    predictions,
    confidence_scores: confidenceScores,
    model_version: served.version,
    inference_time_ms: inferenceTimeMs,
  };
}
