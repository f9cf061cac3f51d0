/** What /openapi.json says about the routes of the Open Inference Protocol. */
import type { ErrorCode } from '../../../errors.js';
import { nameOf } from '../../openapi/document.js';
import { json, type Operation } from '../../openapi/operation.js';
import { inferExampleOf, inferRequestOf, inferResponseOf } from '../../openapi/tensor-schemas.js';
import { MonitoringReports } from '../../schemas/monitoring.js';
import * as schemas from '../../schemas/oip.js';
import { predictErrors } from '../predict-operation.js';

/** Codes that answers about one model have. */
export const modelErrors: readonly ErrorCode[] = [
  'ERR_BAD_REQUEST',
  'ERR_INVALID_ARGUMENT',
  'ERR_MODEL_NOT_FOUND',
  'ERR_VERSION_NOT_FOUND',
  'ERR_NOT_READY',
  'ERR_DRAINING',
  'ERR_DEVICE_FAILED',
];

export const inferErrors: readonly ErrorCode[] = [
  ...predictErrors,
  'ERR_INVALID_ARGUMENT',
  'ERR_NOT_BATCHABLE',
  'ERR_UNSUPPORTED_TYPE',
];

export const indexErrors: readonly ErrorCode[] = ['ERR_MALFORMED_JSON', 'ERR_UNSUPPORTED_MEDIA_TYPE'];

const octets = {
  mediaType: 'application/octet-stream',
  schema: { type: 'string', description: 'JSON, then the bytes of binary tensors in their order.' },
} as const;

/** Headers in words: a generator of requests that knows them as parameters makes deadlines of a millisecond. */
const infersBy =
  'Any content type is taken. The header Inference-Header-Content-Length is the number of bytes of JSON in front of binary tensors, ' +
  'or 0 for the bytes of the only input alone. X-Request-Timeout-Ms shortens the deadline of the server.';

export const infer: Operation = {
  id: 'infer',
  tag: 'inference',
  summary: 'Runs a model by the Open Inference Protocol.',
  description: infersBy,
  request: [json({ InferRequest: schemas.InferRequest }), octets],
  responses: {
    200: { description: 'The outputs.', content: [json({ InferResponse: schemas.InferResponse }), octets] },
  },
  ofModel(model) {
    const id = nameOf([model.name, model.version]);
    return {
      summary: `Runs ${model.name} ${model.version}.`,
      request: [json({ [`InferRequest.${id}`]: inferRequestOf(model) }, inferExampleOf(model)), octets],
      responses: {
        200: {
          description: 'The outputs.',
          content: [json({ [`InferResponse.${id}`]: inferResponseOf(model) }), octets],
        },
      },
    };
  },
};

const ok = (description: string, schema: Parameters<typeof json>[0]) => ({
  200: { description, content: [json(schema)] },
});

const { ServerMetadata, ServerLive, ServerReady, ModelNames, ModelMetadata, ModelReady, ModelConfig } = schemas;
const { ModelStatistics, RepositoryIndex } = schemas;

const unavailable = (schema: Parameters<typeof json>[0]) => ({
  503: { description: 'It is not, and why.', content: [json(schema)] },
});

const get = (id: string, summary: string, responses: Operation['responses']): Operation => ({
  id,
  tag: 'inference',
  summary,
  responses,
});

export const server = get('serverMetadata', 'The server and its extensions.', ok('The server.', { ServerMetadata }));
export const live = get('serverLive', 'The server needs no restart.', {
  ...ok('Alive.', { ServerLive }),
  ...unavailable({ ServerLive }),
});
export const ready = get('serverReady', 'Whether models are served.', {
  ...ok('Ready.', { ServerReady }),
  ...unavailable({ ServerReady }),
});
export const models = get('modelNames', 'The models that are served.', ok('Their names.', { ModelNames }));
export const allStatistics = get('statistics', 'What all models have done.', ok('Counts.', { ModelStatistics }));
export const model = get(
  'modelMetadata',
  'Names, datatypes and shapes of a model, and what traces it: digest, aliases, commit, metrics.',
  ok('The model.', { ModelMetadata }),
);
export const card: Operation = get('modelCard', 'The card of a model that has a record.', {
  200: { description: 'Markdown.', content: [{ mediaType: 'text/markdown', schema: { type: 'string' } }] },
});
export const modelReady = get('modelReady', 'Whether a model is served.', ok('It is.', { ModelReady }));
export const config = get('modelConfig', 'How a model is served.', ok('The configuration.', { ModelConfig }));
export const statistics = get('modelStatistics', 'What a model has done.', ok('Counts.', { ModelStatistics }));
export const monitoring = get(
  'modelMonitoring',
  'Drift of inputs and predictions against the training data, and accuracy.',
  ok('A report for each version.', { MonitoringReports }),
);
export const repositoryIndex: Operation = {
  ...get('repositoryIndex', 'Every version that is known.', ok('One entry for each.', { RepositoryIndex })),
  description: 'An empty body asks for all; {"ready": true} for those that are served.',
  request: [json({ RepositoryIndexRequest: schemas.RepositoryIndexRequest })],
  mayBeEmpty: true,
};
