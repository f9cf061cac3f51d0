import type { ErrorCode } from '../../errors.js';
import { plain, type DescribedModel, type Json, type Operation } from '../openapi/operation.js';
import { choiceFields } from '../codec/choice.js';
import { imageTypes } from '../codec/encoded-type.js';
import {
  maxBatchSize,
  maxImages,
  PredictAnswer,
  PredictImages,
  PredictInputs,
  PredictRequest,
  PredictResponse,
} from '../schemas/predict.js';
import { settingsTable } from '../settings/table.js';

/** Every code that `POST /predict` answers with. A test compares them with its answers. */
export const predictErrors: readonly ErrorCode[] = [
  'ERR_MALFORMED_JSON',
  'ERR_BAD_REQUEST',
  'ERR_MODEL_NOT_FOUND',
  'ERR_VERSION_NOT_FOUND',
  'ERR_REQUEST_TIMEOUT',
  'ERR_PAYLOAD_TOO_LARGE',
  'ERR_UNSUPPORTED_MEDIA_TYPE',
  'ERR_VALIDATION',
  'ERR_INVALID_ARGUMENT',
  'ERR_INVALID_INPUT',
  'ERR_INVALID_DTYPE',
  'ERR_INVALID_IMAGE',
  'ERR_INVALID_SHAPE',
  'ERR_NOT_FINITE',
  'ERR_OUT_OF_RANGE',
  'ERR_TASK',
  'ERR_QUEUE_FULL',
  'ERR_HEADERS_TOO_LARGE',
  'ERR_MODEL_EXECUTION',
  'ERR_BAD_OUTPUT',
  'ERR_INTERNAL',
  'ERR_NOT_READY',
  'ERR_DRAINING',
  'ERR_DISPOSED',
  'ERR_OUT_OF_MEMORY',
  'ERR_DEVICE_FAILED',
  'ERR_SHARP_NOT_FOUND',
  'ERR_TIMEOUT',
  'ERR_NOT_IMPLEMENTED',
  'ERR_HTTP_VERSION',
];

/** What /openapi.json says about `POST /predict`. */
export function predictOperation(model: DescribedModel | undefined): Operation {
  return {
    id: 'predict',
    tag: 'inference',
    summary: 'Answers by the task of a model: classes, labels or embeddings.',
    description: describeModel(model),
    parameters: [
      ...(['model', 'model_version', 'top_k'] as const).map((name) => ({
        name,
        in: 'query',
        description: 'As the member of that name in JSON; where both are given they must be equal.',
        schema: plain(PredictRequest.properties[name]),
      })),
      {
        name: 'X-Request-Timeout-Ms',
        in: 'header',
        description: `Shortens the deadline of the server (default ${settingsTable.requestTimeoutMs.initialText} ms).`,
        schema: { type: 'integer', minimum: 1 },
      },
      {
        name: 'X-Request-Id',
        in: 'header',
        description: 'Returned in the answer and logged; replaced when it is not of this form.',
        schema: { type: 'string', pattern: '^[\\w.-]{1,128}$' },
      },
    ],
    request: [
      {
        mediaType: 'application/json',
        schema: oneOf('PredictRequest', 'PredictInputs', 'PredictImages'),
        components: { PredictRequest: requestOf(model), PredictInputs, PredictImages },
        example: exampleOf(model),
      },
      {
        mediaType: 'application/octet-stream',
        schema: { description: `1 to ${maxBatchSize} rows of little-endian float32 numbers, one after the other.` },
      },
      ...imageTypes.map((mediaType) => ({
        mediaType,
        schema: { description: 'An image, for a model whose task says how it becomes an input.' },
      })),
      {
        mediaType: 'multipart/form-data',
        schema: {
          type: 'object',
          description: `1 to ${maxImages} files of any name with an image each, and these fields.`,
          properties: Object.fromEntries(choiceFields.map((name) => [name, plain(PredictRequest.properties[name])])),
        },
      },
    ],
    responses: {
      200: {
        description: 'One class and its probability for each row; labels, several classes or embeddings.',
        content: [
          {
            mediaType: 'application/json',
            schema: oneOf('PredictResponse', 'PredictAnswer'),
            components: { PredictResponse, PredictAnswer },
          },
        ],
      },
    },
  };
}

function oneOf(...names: readonly string[]): Json {
  return { oneOf: names.map((name) => ({ $ref: `#/components/schemas/${name}` })) };
}

/** The schema that validates, with the bounds that a row's size adds: only whole rows of the version are taken. */
function requestOf(model: DescribedModel | undefined): Json {
  const schema = plain(PredictRequest) as { readonly properties: Readonly<Record<string, Json>> };
  if (!model) return schema;
  const [minItems, greatest] = model.featuresOfVersions;
  const input_data = { ...schema.properties['input_data'], minItems, maxItems: maxBatchSize * greatest };
  return { ...schema, properties: { ...schema.properties, input_data } };
}

function describeModel(model: DescribedModel | undefined): string {
  if (!model) return 'The default model takes rows of numbers; its record says how many.';
  const bounds = model.range ? ` from ${model.range[0]} to ${model.range[1]}` : '';
  return `The default model, ${model.name} ${model.version}, takes rows of ${model.features} numbers${bounds}.`;
}

function exampleOf(model: DescribedModel | undefined): PredictRequest {
  const value = model?.range?.[0] ?? 0;
  return {
    input_data: new Array<number>(model?.features ?? 1).fill(value),
    ...(model && { model_version: model.version }),
    batch_size: 1,
  };
}
