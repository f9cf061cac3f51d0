import type { ErrorObject } from 'ajv/dist/2020.js';
import { describe, type ErrorDetail } from '../../errors.js';
import { schemaFault, type Validator } from '../../registry/schema-faults.js';
import { maxNameLength, maxVersionLength, PredictImages, PredictInputs, PredictRequest } from '../schemas/predict.js';
import { invalidBody, type BodyForm } from './body-form.js';
import { isPredictImages, isPredictInputs, isPredictRequest } from './request-validators.mjs';

const members = [
  ...new Set([PredictRequest, PredictInputs, PredictImages].flatMap(({ properties }) => Object.keys(properties))),
].join(', ');

/** A request in one of its forms, told by the member that has the input. */
export type AnyPredictRequest =
  | { readonly form: 'rows'; readonly body: PredictRequest }
  | { readonly form: 'inputs'; readonly body: PredictInputs }
  | { readonly form: 'images'; readonly body: PredictImages };

/**
 * A parsed body, if it has the form of a prediction request.
 * @throws ERR_VALIDATION with the first fault
 */
export function validAnyRequest(body: unknown): AnyPredictRequest {
  if (has(body, 'inputs')) return { form: 'inputs', body: valid(body, isPredictInputs) };
  if (has(body, 'images')) return { form: 'images', body: valid(body, isPredictImages) };
  return { form: 'rows', body: validPredictRequest(body) };
}

/** The same of a request with `input_data`. @throws ERR_VALIDATION with the first fault */
export function validPredictRequest(body: unknown): PredictRequest {
  return valid(body, isPredictRequest);
}

function has(body: unknown, member: string): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, member);
}

function valid<T>(body: unknown, validate: Validator<T>): T {
  if (validate(body)) return body;
  const { pointer, detail } = explain(validate.errors?.[0] as ErrorObject);
  throw invalidBody(pointer, detail);
}

/** The members of a prediction request and their kinds, for a look at the bytes before they are parsed. */
export const predictForm: BodyForm = new Map([
  ['input_data', { kind: 'array' }],
  ['model_version', { kind: 'string', maxLength: maxVersionLength }],
  ['batch_size', { kind: 'integer' }],
  ['model', { kind: 'string', maxLength: maxNameLength }],
  ['top_k', { kind: 'integer' }],
  ['inputs', { kind: 'any' }],
  ['images', { kind: 'any' }],
]);

/** Whether a parsed body has the form of a prediction request. */
export const fitsPredictRequest: (body: unknown) => body is PredictRequest = isPredictRequest;

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
