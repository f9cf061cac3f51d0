/** What /openapi.json says about the routes for clients of KServe v1 and TorchServe. */
import type { ErrorCode } from '../../../errors.js';
import type { Json, Operation } from '../../openapi/operation.js';

const any: Json = {};
const jsonOf = (schema: Json) => [{ mediaType: 'application/json', schema }];
const object = (properties: Json, required = Object.keys(properties)): Json => ({
  type: 'object',
  properties,
  required,
});
const text: Json = { type: 'string' };

/** Codes that a request for a model may be answered with. */
export const modelErrors: readonly ErrorCode[] = [
  'ERR_BAD_REQUEST',
  'ERR_INVALID_ARGUMENT',
  'ERR_MODEL_NOT_FOUND',
  'ERR_VERSION_NOT_FOUND',
  'ERR_NOT_READY',
  'ERR_DRAINING',
];

export const inferErrors: readonly ErrorCode[] = [
  ...modelErrors,
  'ERR_MALFORMED_JSON',
  'ERR_VALIDATION',
  'ERR_INVALID_INPUT',
  'ERR_INVALID_SHAPE',
  'ERR_INVALID_DTYPE',
  'ERR_INVALID_IMAGE',
  'ERR_OUT_OF_RANGE',
  'ERR_NOT_FINITE',
  'ERR_NOT_BATCHABLE',
  'ERR_TASK',
  'ERR_REQUEST_TIMEOUT',
  'ERR_PAYLOAD_TOO_LARGE',
  'ERR_UNSUPPORTED_MEDIA_TYPE',
  'ERR_QUEUE_FULL',
  'ERR_MODEL_EXECUTION',
  'ERR_BAD_OUTPUT',
  'ERR_INTERNAL',
  'ERR_OUT_OF_MEMORY',
  'ERR_DEVICE_FAILED',
  'ERR_DISPOSED',
  'ERR_TIMEOUT',
];

export const models: Operation = {
  id: 'kserveModels',
  tag: 'inference',
  summary: 'KServe v1: the models that are served.',
  responses: {
    200: { description: 'Their names.', content: jsonOf(object({ models: { type: 'array', items: text } })) },
  },
};

export const modelReady: Operation = {
  id: 'kserveModel',
  tag: 'inference',
  summary: 'KServe v1: whether a model takes requests.',
  responses: {
    200: { description: 'It does.', content: jsonOf(object({ name: text, ready: { const: true } })) },
  },
};

export const predict: Operation = {
  id: 'kservePredict',
  tag: 'inference',
  summary: 'KServe v1 and TensorFlow Serving: outputs for instances (rows), or for inputs (columns).',
  request: jsonOf({
    type: 'object',
    properties: {
      instances: { type: 'array', minItems: 1, description: 'A value for each row, or an object of values by input.' },
      inputs: { description: 'The value of the input, or an object of values by input.' },
      signature_name: { type: ['string', 'null'], enum: ['serving_default', '', null] },
    },
    oneOf: [{ required: ['instances'] }, { required: ['inputs'] }],
    additionalProperties: false,
  }),
  responses: {
    200: {
      description: 'predictions for instances, outputs for inputs.',
      content: jsonOf({
        oneOf: [object({ predictions: { type: 'array', items: any } }), object({ outputs: any })],
      }),
    },
  },
};

export const ping: Operation = {
  id: 'torchservePing',
  tag: 'operation',
  summary: 'TorchServe: the health of the server.',
  responses: {
    200: { description: 'Healthy.', content: jsonOf(object({ status: { const: 'Healthy' } })) },
    500: { description: 'It takes no requests.', content: jsonOf(object({ status: { const: 'Unhealthy' } })) },
  },
};

/** @param id POST and PUT are two operations of one handler */
export const predictions = (id: string): Operation => ({
  id,
  tag: 'inference',
  summary: 'TorchServe: the answer to one row, or to a list of rows.',
  description:
    'JSON, raw little-endian numbers, an image where the task says how it becomes the input, or a form with one of them.',
  request: ['application/json', 'application/octet-stream', 'multipart/form-data'].map((mediaType) => ({
    mediaType,
    schema: any,
  })),
  responses: {
    200: {
      description: 'Scores by label where the task has classes, a vector, or the outputs.',
      content: jsonOf(any),
    },
  },
});
