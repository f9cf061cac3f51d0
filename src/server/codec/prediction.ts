import type { IncomingMessage } from 'node:http';
import { bodyTypeOf, foreignBody, readBody } from '../http/body.js';
import { parseJson } from '../http/json.js';
import { maxBatchSize, type PredictRequest } from '../schemas/predict.js';
import { areRows, parsePlainRequest, type NumberParser } from './plain-request.js';
import { octetRows, parseRows, type Rows, type RowsOf } from './rows.js';
import { validPredictRequest, validVersionQuery } from './validation.js';

/** A prediction as it was asked for; what its rows must be, only the version that answers can say. */
export interface PredictionInput {
  readonly version: string | undefined;
  /** The rows, in the form that the model takes. @throws ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE, ERR_NOT_FINITE */
  rows(model: RowsOf): Rows;
}

/**
 * Reads the body of a prediction, JSON or raw numbers. What a body parser mounted before us has left is used as it is.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE, ERR_PAYLOAD_TOO_LARGE, ERR_MALFORMED_JSON, ERR_BAD_REQUEST, ERR_VALIDATION, ClientGone
 */
export async function readPrediction(
  req: IncomingMessage,
  limit: number,
  parser: NumberParser,
): Promise<PredictionInput> {
  const type = bodyTypeOf(req);
  const foreign = foreignBody(req);
  const body = foreign === undefined ? await readBody(req, limit) : foreign;
  return type === 'json' ? ofJson(body, parser) : ofOctets(body, req.url ?? '');
}

function ofOctets(body: unknown, url: string): PredictionInput {
  const version = validVersionQuery(url);
  // Text or an object that somebody made of the body cannot be turned back into its bytes.
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return { version, rows: (model) => octetRows(bytes, model, maxBatchSize) };
}

function ofJson(given: unknown, parser: NumberParser): PredictionInput {
  const body = typeof given === 'string' ? Buffer.from(given) : given;
  return Buffer.isBuffer(body) ? jsonPrediction(body, parser) : parsedPrediction(body);
}

/** The prediction that a JSON text asks for. @throws as readPrediction */
export function jsonPrediction(bytes: Buffer, parser: NumberParser): PredictionInput {
  const plain = parsePlainRequest(bytes, parser);
  if (!plain) return parsedPrediction(parseJson(bytes));
  const { numbers, model_version, batch_size: batchSize = 1 } = plain;
  return {
    version: model_version,
    rows: (model) =>
      areRows(numbers, { ...model, batchSize })
        ? {
            rows: numbers.values,
            batchSize,
            bounds: [numbers.min, numbers.max],
            numbers: () => validPredictRequest(parseJson(bytes)).input_data,
          }
        : // It is for parseRows to say what is wrong.
          parsedPrediction(parseJson(bytes)).rows(model),
  };
}

/** The prediction that parsed JSON asks for. @throws ERR_VALIDATION */
export function parsedPrediction(body: unknown): PredictionInput {
  const { input_data, model_version, batch_size: batchSize = 1 }: PredictRequest = validPredictRequest(body);
  return {
    version: model_version,
    rows: ({ features, range }) => parseRows(input_data, { features, range, batchSize }),
  };
}
