import type { IncomingMessage } from 'node:http';
import { octetRows, parseRows, type Rows, type RowsOf } from '../../serving/index.js';
import { maxBatchSize, type PredictRequest } from '../schemas/predict.js';
import { validPredictRequest, validVersionQuery } from '../validation.js';
import { foreignBody, readBody } from './body.js';
import { parseJson } from './json.js';
import { bodyTypeOf } from './media-type.js';

/** A prediction as it was asked for; what its rows must be, only the version that answers can say. */
export interface PredictionInput {
  readonly version: string | undefined;
  /** @throws ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE, ERR_NOT_FINITE */
  rows(model: RowsOf): Rows;
}

/**
 * Reads the body of a prediction, JSON or raw numbers. What a body parser mounted before us has left is used as it is.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE, ERR_PAYLOAD_TOO_LARGE, ERR_MALFORMED_JSON, ERR_BAD_REQUEST, ERR_VALIDATION, ClientGone
 */
export async function readPrediction(req: IncomingMessage, limit: number): Promise<PredictionInput> {
  const type = bodyTypeOf(req);
  const foreign = foreignBody(req);
  const body = foreign === undefined ? await readBody(req, limit) : foreign;
  return type === 'json' ? ofJson(body) : ofOctets(body, req.url ?? '');
}

function ofOctets(body: unknown, url: string): PredictionInput {
  const version = validVersionQuery(url);
  // Text or an object that somebody made of the body cannot be turned back into its bytes.
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return { version, rows: (model) => octetRows(bytes, model, maxBatchSize) };
}

function ofJson(given: unknown): PredictionInput {
  const bytes = typeof given === 'string' ? Buffer.from(given) : given;
  const body = Buffer.isBuffer(bytes) ? parseJson(bytes) : bytes;
  const { input_data, model_version, batch_size: batchSize = 1 }: PredictRequest = validPredictRequest(body);
  return {
    version: model_version,
    rows: ({ features, range }) => ({ rows: parseRows(input_data, { features, range, batchSize }), batchSize }),
  };
}
