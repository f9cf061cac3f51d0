import { readFileSync } from 'node:fs';
import type { TSchema } from 'typebox';
import { initial } from '../defaults.js';
import { Liveness, Readiness } from '../schemas/health.js';
import { maxBatchSize, PredictRequest, PredictResponse } from '../schemas/predict.js';
import { ProblemDocument } from '../schemas/problem.js';
import { problemResponses } from './problems.js';

/** What the description says of the default model. */
export interface DescribedModel {
  readonly name: string;
  readonly version: string;
  readonly features: number;
  readonly range: readonly [min: number, max: number] | undefined;
}

type Json = Record<string, unknown>;

/** The routes as OpenAPI 3.1, made of the schemas that validate them. */
export function openApiDocument(model: DescribedModel | undefined): Json {
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'node-libtorch inference server',
      version: packageVersion(),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative to this document: right under any path that the app is mounted at.
    servers: [{ url: './' }],
    tags: [{ name: 'inference' }, { name: 'operation' }],
    paths: {
      '/predict': { post: predictOperation(model) },
      '/health/live': {
        get: operation('live', 'The process answers, and no device of its models was lost.', {
          200: body('Alive.', ref('Liveness')),
          503: body('A device was lost: restart the process.', ref('Liveness')),
        }),
      },
      '/health/ready': {
        get: operation('ready', 'Whether predictions are served.', {
          200: body('Ready.', ref('Readiness')),
          503: body('Loading or shutting down.', ref('Readiness')),
        }),
      },
      '/metrics': {
        get: operation('metrics', 'Measurements for Prometheus.', {
          200: { description: 'Text format 0.0.4.', content: { 'text/plain': { schema: { type: 'string' } } } },
        }),
      },
      '/openapi.json': {
        get: operation('openapi', 'This document.', { 200: body('OpenAPI 3.1.', { type: 'object' }) }),
      },
    },
    components: {
      schemas: plain({ PredictRequest, PredictResponse, Liveness, Readiness, Problem: ProblemDocument }),
    },
  };
}

function predictOperation(model: DescribedModel | undefined): Json {
  return {
    ...operation('predict', 'Classifies rows with the default model.', {
      200: body('One class and its probability for each row.', ref('PredictResponse')),
      ...problemResponses(),
    }),
    tags: ['inference'],
    description: describeModel(model),
    parameters: [
      {
        name: 'model_version',
        in: 'query',
        description: 'With application/octet-stream: as the member of that name in JSON.',
        schema: plain({ version: PredictRequest.properties.model_version })['version'],
      },
      {
        name: 'X-Request-Timeout-Ms',
        in: 'header',
        description: `Shortens the deadline of the server (default ${initial('requestTimeoutMs')} ms).`,
        schema: { type: 'integer', minimum: 1 },
      },
      {
        name: 'X-Request-Id',
        in: 'header',
        description: 'Returned in the answer and logged; replaced when it is not of this form.',
        schema: { type: 'string', pattern: '^[\\w.-]{1,128}$' },
      },
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: ref('PredictRequest'), example: exampleOf(model) },
        'application/octet-stream': {
          schema: { description: `1 to ${maxBatchSize} rows of little-endian float32 numbers, one after the other.` },
        },
      },
    },
  };
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

function operation(operationId: string, summary: string, responses: Json): Json {
  return { operationId, summary, tags: ['operation'], responses };
}

function body(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** Schemas without the markers of the library that wrote them. */
function plain(schemas: Record<string, TSchema>): Json {
  return JSON.parse(JSON.stringify(schemas)) as Json;
}

function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
