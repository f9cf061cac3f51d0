import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { describe, torchError, type ErrorDetail } from '../../errors.js';
import { schemaFault } from '../../registry/schema-faults.js';
import { maxVersionLength, PredictRequest } from '../schemas/predict.js';
import { invalidBody, type BodyForm } from './body-form.js';

// Stops at the first fault: collecting all lets one body make a million error objects. strictNumbers is off because
// 1e999 parses to Infinity, which is a number out of range and not another type. The schemas are ours: a test checks
// them, so that an import need not compile the schema of schemas for it.
const ajv = new Ajv2020({ strictNumbers: false, verbose: true, meta: false, validateSchema: false });
const isPredictRequest = ajv.compile<PredictRequest>(PredictRequest);
const members = Object.keys(PredictRequest.properties).join(', ');

/**
 * A parsed body, if it has the form of a prediction request.
 * @throws ERR_VALIDATION with the first fault
 */
export function validPredictRequest(body: unknown): PredictRequest {
  if (isPredictRequest(body)) return body;
  const fault = isPredictRequest.errors?.[0];
  const { pointer, detail } = explain(fault as ErrorObject);
  throw invalidBody(pointer, detail);
}

/** The members of a prediction request and their kinds, for a look at the bytes before they are parsed. */
export const predictForm: BodyForm = new Map([
  ['input_data', { kind: 'array' }],
  ['model_version', { kind: 'string', maxLength: maxVersionLength }],
  ['batch_size', { kind: 'integer' }],
]);

const isVersion = ajv.compile<string>(PredictRequest.properties.model_version);

/** Whether a parsed body has the form of a prediction request. */
export const fitsPredictRequest: (body: unknown) => body is PredictRequest = isPredictRequest;

/**
 * The version that the query of a URL names; undefined without one.
 * @throws ERR_BAD_REQUEST for an escape that is none; ERR_VALIDATION for any other member, for one that comes twice, and for
 * what no version can be
 */
export function validVersionQuery(url: string): string | undefined {
  const start = url.indexOf('?');
  if (start === -1) return undefined;
  if (!isEscaped(url)) throw torchError('ERR_BAD_REQUEST', 'Expected valid percent-encoding of UTF-8 in the query');
  let version: string | undefined;
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    if (name !== 'model_version') throw torchError('ERR_VALIDATION', 'Query: unknown member; expected model_version');
    if (version !== undefined) throw torchError('ERR_VALIDATION', 'Query: expected model_version once');
    if (!isVersion(value)) throw torchError('ERR_VALIDATION', `Query: model_version ${isVersion.errors?.[0]?.message}`);
    version = value;
  }
  return version;
}

/** URLSearchParams takes a wrong escape for text, and no version is called so. */
function isEscaped(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function explain(error: ErrorObject): ErrorDetail {
  const { kind, pointer, memberPointer, message } = schemaFault(error);
  const received = describe(error.data);
  switch (kind) {
    case 'unknown':
      return { pointer: memberPointer, detail: `unknown member; expected ${members}` };
    case 'missing':
      return { pointer: memberPointer, detail: 'required and missing' };
    case 'type':
      return {
        pointer,
        detail: `expected ${String((error.params as { type: unknown }).type)} but received ${received}`,
      };
    default:
      return { pointer, detail: `${message} but received ${received}` };
  }
}
