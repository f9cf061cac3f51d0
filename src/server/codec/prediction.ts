import type { IncomingMessage } from 'node:http';
import type { Body } from '../http/body-bytes.js';
import { bodyTypeOf, foreignBody, readBody, type BodyLimits } from '../http/body.js';
import { parseJson, smallText } from '../http/json.js';
import { room } from '../http/turn.js';
import { withoutByteOrderMark } from '../../protocol/json/tokens.js';
import { maxBatchSize, type PredictInputs } from '../schemas/predict.js';
import { checkBodyForm } from './body-form.js';
import { choiceOfQuery, mergedChoice, noChoice, type Choice } from './choice.js';
import { parseExactJson } from './exact-json.js';
import type { NumberParser } from '../../protocol/json/elements.js';
import { parsePlainRequest } from './plain-request.js';
import { requireModest } from './json-size.js';
import { octetRows, parseRows, wrongCount, type Rows, type RowsOf } from './rows.js';
import { predictForm, validAnyRequest, validPredictRequest } from './validation.js';
import { bytesOfBase64 } from './values.js';

/** A prediction as it was asked for; what its input must be, only the model that answers can say. */
export type PredictionInput = Choice &
  (
    | {
        readonly form: 'rows';
        /** The rows, in the form that the model takes. @throws ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE, ERR_NOT_FINITE */
        rows(model: RowsOf): Rows;
      }
    | {
        readonly form: 'inputs';
        /** Inputs by name, or the one input. */
        readonly inputs: unknown;
      }
    | { readonly form: 'images'; readonly images: readonly Buffer[] }
  );

/** What a body is read with. */
export interface BodyReader {
  /** Of numbers in JSON. */
  readonly parser: NumberParser;
  /** The most numbers that any version takes, asked for large bodies only. Default: as many as there are. */
  readonly maxNumbers?: () => number;
}

/**
 * Reads the body of a prediction, JSON or raw numbers. What a body parser mounted before us has left is used as it is.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE, ERR_PAYLOAD_TOO_LARGE, ERR_MALFORMED_JSON, ERR_BAD_REQUEST, ERR_VALIDATION,
 * ERR_INVALID_SHAPE (more numbers than any version takes), ClientGone
 */
export async function readPrediction(
  req: IncomingMessage,
  limits: BodyLimits,
  reader: BodyReader,
): Promise<PredictionInput> {
  const type = bodyTypeOf(req);
  const foreign = foreignBody(req);
  const limit = limits[type];
  const url = req.url ?? '';
  if (type === 'json') {
    if (foreign !== undefined) return ofJson(foreign, url, reader);
    const { bytes } = await readBody(req, { limit });
    // Others that are ready with it have their turn.
    const wait = bytes.length > smallText ? room() : undefined;
    if (wait) await wait;
    return ofJson(bytes, url, reader);
  }
  if (foreign === undefined) {
    const body = await readBody(req, { limit, useful: usefulBytes(req, reader) });
    const wait = body.length > smallText ? room() : undefined;
    if (wait) await wait;
    return ofOctets(body, url);
  }
  // Text or an object that somebody made of the body cannot be turned back into its bytes.
  const bytes = Buffer.isBuffer(foreign) ? foreign : Buffer.alloc(0);
  return ofOctets({ bytes, length: bytes.length }, url);
}

/** Bytes of raw numbers that some version takes; asked only where a body may be large. */
function usefulBytes({ headers }: IncomingMessage, { maxNumbers }: BodyReader): number {
  const isSmall = headers['content-encoding'] === undefined && Number(headers['content-length']) <= smallText;
  return isSmall || !maxNumbers ? Infinity : Float32Array.BYTES_PER_ELEMENT * maxNumbers();
}

function ofOctets({ bytes, length }: Body, url: string): PredictionInput {
  return { form: 'rows', ...choiceOfQuery(url), rows: (model) => octetRows(bytes, model, maxBatchSize, length) };
}

function ofJson(given: unknown, url: string, { parser, maxNumbers }: BodyReader): PredictionInput {
  const body = typeof given === 'string' ? Buffer.from(given) : given;
  const input = Buffer.isBuffer(body) ? jsonPrediction(body, parser, maxNumbers) : parsedPrediction(body);
  const query = choiceOfQuery(url);
  // eslint-disable-next-line no-restricted-syntax -- of URLs with a query
  return query === noChoice ? input : { ...input, ...mergedChoice(query, input) };
}

/**
 * The prediction that a JSON text asks for. A large text is looked at before it is parsed: it is refused at the first
 * token that no request has, whatever follows.
 * @throws as readPrediction
 */
export function jsonPrediction(
  given: Buffer,
  parser: NumberParser,
  maxNumbers: () => number = () => Infinity,
): PredictionInput {
  const bytes = withoutByteOrderMark(given);
  const isLarge = bytes.length > smallText;
  const most = isLarge ? maxNumbers() : Infinity;
  const plain = parsePlainRequest(bytes, parser, most);
  if (!plain) {
    if (isLarge) {
      checkBodyForm(bytes, predictForm, most);
      requireModest(bytes);
    }
    return parsedPrediction(parseJson(given), () => parseExactJson(given));
  }
  const { numbers, model, model_version: version, top_k: topK, batch_size: batchSize = 1 } = plain;
  return {
    form: 'rows',
    model,
    version,
    topK,
    rows: ({ features }) => {
      const rows = numbers.values;
      const spec = { features, batchSize };
      if (rows.length !== features * batchSize) throw wrongCount(rows.length, spec);
      return {
        rows,
        batchSize,
        bounds: [numbers.min, numbers.max],
        numbers: () => validPredictRequest(parseJson(given)).input_data,
      };
    },
  };
}

/**
 * The prediction that parsed JSON asks for.
 * @param exact parses it again, with exact integers
 * @throws ERR_VALIDATION
 */
export function parsedPrediction(given: unknown, exact = (): unknown => given): PredictionInput {
  const request = validAnyRequest(given);
  const { model, model_version: version, top_k: topK } = request.body;
  const choice = { model, version, topK };
  if (request.form === 'inputs') return { form: 'inputs', ...choice, inputs: (exact() as PredictInputs).inputs };
  if (request.form === 'images') {
    return { form: 'images', ...choice, images: request.body.images.map(bytesOfBase64) };
  }
  const { input_data, batch_size: batchSize = 1 } = request.body;
  return {
    form: 'rows',
    ...choice,
    rows: ({ features, range }) => parseRows(input_data, { features, range, batchSize }),
  };
}
