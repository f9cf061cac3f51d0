import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { describe, torchError } from '../errors.js';
import { PredictRequest } from './schemas/predict.js';

// Stops at the first fault: collecting all lets one body make a million error objects. strictNumbers is off because
// 1e999 parses to Infinity, which is a number out of range and not another type.
const ajv = new Ajv2020({ strictNumbers: false, verbose: true });
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
  throw torchError('ERR_VALIDATION', `${pointer === '' ? 'Body' : pointer}: ${detail}`, {
    errors: [{ pointer, detail }],
  });
}

const isVersion = ajv.compile<string>(PredictRequest.properties.model_version);

/** Whether a parsed body has the form of a prediction request. */
export const fitsPredictRequest: (body: unknown) => body is PredictRequest = isPredictRequest;

/**
 * The version that the query of a URL names, where a body has no room for it; undefined without one.
 * @throws ERR_VALIDATION for any other member, for one that comes twice, and for what no version can be
 */
export function validVersionQuery(url: string): string | undefined {
  const start = url.indexOf('?');
  if (start === -1) return undefined;
  let version: string | undefined;
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    if (name !== 'model_version') throw torchError('ERR_VALIDATION', 'Query: unknown member; expected model_version');
    if (version !== undefined) throw torchError('ERR_VALIDATION', 'Query: expected model_version once');
    if (!isVersion(value)) throw torchError('ERR_VALIDATION', `Query: model_version ${isVersion.errors?.[0]?.message}`);
    version = value;
  }
  return version;
}

interface Fault {
  pointer: string;
  detail: string;
}

function explain({ instancePath: pointer, keyword, params, data, message }: ErrorObject): Fault {
  const { additionalProperty, missingProperty, type } = params as Record<string, string | undefined>;
  if (additionalProperty !== undefined) {
    return { pointer: `${pointer}/${token(additionalProperty)}`, detail: `unknown member; expected ${members}` };
  }
  if (missingProperty !== undefined)
    return { pointer: `${pointer}/${missingProperty}`, detail: 'required and missing' };
  if (keyword === 'type') return { pointer, detail: `expected ${String(type)} but received ${describe(data)}` };
  return { pointer, detail: `${message ?? 'is not valid'} but received ${describe(data)}` };
}

/** A member's name as part of a JSON pointer, cut where a name is no longer one. */
function token(name: string): string {
  const short = name.length > 64 ? `${name.slice(0, 61)}...` : name;
  return short.replaceAll('~', '~0').replaceAll('/', '~1');
}
