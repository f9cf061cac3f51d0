import Type, { type Static } from 'typebox';
import { dtypes } from '../runtime/dtype.js';
import type { DType, EngineName } from '../types.js';
import { TaskSchema } from './task-schema.js';

const closed = { additionalProperties: false };
const open = { additionalProperties: true };
const text = (maxLength = 200) => Type.String({ minLength: 1, maxLength });
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const count = Type.Integer({ minimum: 0 });
const share = Type.Number({ minimum: 0, maximum: 1 });

const TensorSpecSchema = Type.Object(
  {
    name: text(),
    dtype: Type.Unsafe<DType>({ type: 'string', enum: dtypes }),
    shape: Type.Array(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]), { maxItems: 32 }),
    range: Type.Optional(
      Type.Unsafe<[min: number, max: number]>({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }),
    ),
  },
  closed,
);

const SignatureSchema = Type.Object(
  {
    inputs: Type.Array(TensorSpecSchema, { minItems: 1, maxItems: 64 }),
    outputs: Type.Array(TensorSpecSchema, { minItems: 1, maxItems: 64 }),
  },
  closed,
);

const MetricsSchema = Type.Object(
  {
    testAccuracy: Type.Optional(share),
    testLoss: Type.Optional(Type.Number()),
    testSamples: Type.Optional(count),
    validationAccuracy: Type.Optional(share),
    perClass: Type.Optional(Type.Array(Type.Object({ label: text() }, open))),
  },
  open,
);

const TrainingSchema = Type.Object(
  {
    dataset: text(),
    datasetSha256: Type.Optional(sha256),
    seed: Type.Optional(Type.Integer()),
    split: Type.Optional(
      Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 } }),
    ),
  },
  open,
);

const InputStatisticsSchema = Type.Object(
  {
    count,
    mean: Type.Number(),
    std: Type.Number({ minimum: 0 }),
    min: Type.Number(),
    max: Type.Number(),
    histogram: Type.Object(
      { edges: Type.Array(Type.Number(), { minItems: 2 }), counts: Type.Array(count, { minItems: 1 }) },
      closed,
    ),
    predictionDistribution: Type.Optional(Type.Array(share)),
  },
  closed,
);

/** metadata.json of one version of a model. docs/registry.md explains every member. */
export const ModelRecordSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    name: text(64),
    version: text(32),
    created: Type.String({ format: 'date-time' }),
    sourceCommit: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    engine: Type.Unsafe<EngineName>({ type: 'string', enum: ['torchscript', 'aotinductor', 'onnx'] }),
    artifact: Type.Object({ file: text(128), sha256, bytes: Type.Integer({ minimum: 1 }) }, closed),
    framework: Type.Object({ torch: text(), python: text() }, open),
    signature: SignatureSchema,
    task: TaskSchema,
    metrics: MetricsSchema,
    training: TrainingSchema,
    inputStatistics: Type.Optional(InputStatisticsSchema),
  },
  closed,
);

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** What the registry knows of one version of a model: the content of its metadata.json. */
export type ModelRecord = DeepReadonly<Static<typeof ModelRecordSchema>>;
