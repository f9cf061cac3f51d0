import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe } from '../../errors.js';
import { schemaFault } from '../../registry/schema-faults.js';
import { maxNameLength, maxVersionLength, PredictImages, PredictInputs, PredictRequest } from '../schemas/predict.js';
import { invalidBody } from './body-form.js';
// Stops at the first fault: collecting all lets one body make a million error objects. strictNumbers is off because
// 1e999 parses to Infinity, which is a number out of range and not another type. The schemas are ours: a test checks
// them, so that an import need not compile the schema of schemas for it.
const ajv = new Ajv2020({ strictNumbers: false, verbose: true, meta: false, validateSchema: false });
const isPredictRequest = ajv.compile(PredictRequest);
const isPredictInputs = ajv.compile(PredictInputs);
const isPredictImages = ajv.compile(PredictImages);
const members = [
    ...new Set([PredictRequest, PredictInputs, PredictImages].flatMap(({ properties }) => Object.keys(properties))),
].join(', ');
/**
 * A parsed body, if it has the form of a prediction request.
 * @throws ERR_VALIDATION with the first fault
 */
export function validAnyRequest(body) {
    if (has(body, 'inputs'))
        return { form: 'inputs', body: valid(body, isPredictInputs) };
    if (has(body, 'images'))
        return { form: 'images', body: valid(body, isPredictImages) };
    return { form: 'rows', body: validPredictRequest(body) };
}
/** The same of a request with `input_data`. @throws ERR_VALIDATION with the first fault */
export function validPredictRequest(body) {
    return valid(body, isPredictRequest);
}
function has(body, member) {
    return typeof body === 'object' && body !== null && Object.hasOwn(body, member);
}
function valid(body, validate) {
    if (validate(body))
        return body;
    const { pointer, detail } = explain(validate.errors?.[0]);
    throw invalidBody(pointer, detail);
}
/** The members of a prediction request and their kinds, for a look at the bytes before they are parsed. */
export const predictForm = new Map([
    ['input_data', { kind: 'array' }],
    ['model_version', { kind: 'string', maxLength: maxVersionLength }],
    ['batch_size', { kind: 'integer' }],
    ['model', { kind: 'string', maxLength: maxNameLength }],
    ['top_k', { kind: 'integer' }],
    ['inputs', { kind: 'any' }],
    ['images', { kind: 'any' }],
]);
/** Whether a text can name a version, or a model. */
export const isVersionName = ajv.compile(PredictRequest.properties.model_version);
export const isModelName = ajv.compile(PredictRequest.properties.model);
/** Whether a parsed body has the form of a prediction request. */
export const fitsPredictRequest = isPredictRequest;
function explain(error) {
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
                detail: `expected ${String(error.params.type)} but received ${received}`,
            };
        default:
            return { pointer, detail: `${message} but received ${received}` };
    }
}
