import Type, {} from 'typebox';
import { dtypes } from '../tensor/dtype.js';
import { maxRank } from '../tensor/shape.js';
import { engineNames } from '../engines/index.js';
import { taskSchema } from '../tasks/kinds/index.js';
const closed = { additionalProperties: false };
const open = { additionalProperties: true };
const text = (maxLength = 200) => Type.String({ minLength: 1, maxLength });
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const count = Type.Integer({ minimum: 0 });
const labels = Type.Array(text(), { minItems: 1, maxItems: 100_000 });
const share = Type.Number({ minimum: 0, maximum: 1 });
const TensorSpecSchema = Type.Object({
    name: text(),
    // Null for what is no tensor; `type` says what it is.
    dtype: Type.Unsafe({ type: ['string', 'null'], enum: [...dtypes, null] }),
    shape: Type.Unsafe({
        type: ['array', 'null'],
        items: { type: ['integer', 'null'], minimum: 0 },
        maxItems: maxRank,
    }),
    type: Type.Optional(text()),
    optional: Type.Optional(Type.Boolean()),
    bounds: Type.Optional(Type.Unsafe({
        type: 'array',
        items: { ...Type.Object({ min: count, max: count }, closed), type: ['object', 'null'] },
        maxItems: maxRank,
    })),
    symbols: Type.Optional(Type.Unsafe({
        type: 'array',
        items: { ...text(), type: ['string', 'null'] },
        maxItems: maxRank,
    })),
    range: Type.Optional(Type.Unsafe({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 })),
    labels: Type.Optional(labels),
}, closed);
const SignatureSchema = Type.Object({
    inputs: Type.Array(TensorSpecSchema, { minItems: 1, maxItems: 64 }),
    outputs: Type.Array(TensorSpecSchema, { minItems: 1, maxItems: 64 }),
}, closed);
const ToleranceSchema = Type.Object({ absolute: Type.Number({ minimum: 0 }), relative: Type.Number({ minimum: 0 }) }, closed);
const TolerancesSchema = Type.Object({
    auto: Type.Optional(ToleranceSchema),
    fp32: Type.Optional(ToleranceSchema),
    fp16: Type.Optional(ToleranceSchema),
    bf16: Type.Optional(ToleranceSchema),
}, closed);
const MetricsSchema = Type.Object({
    testAccuracy: Type.Optional(share),
    testLoss: Type.Optional(Type.Number()),
    testSamples: Type.Optional(count),
    validationAccuracy: Type.Optional(share),
    perClass: Type.Optional(Type.Array(Type.Object({ label: text() }, open))),
}, open);
const TrainingSchema = Type.Object({
    dataset: text(),
    datasetSha256: Type.Optional(sha256),
    seed: Type.Optional(Type.Integer()),
    split: Type.Optional(Type.Unsafe({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 } })),
}, open);
const InputStatisticsSchema = Type.Object({
    count,
    mean: Type.Number(),
    std: Type.Number({ minimum: 0 }),
    min: Type.Number(),
    max: Type.Number(),
    histogram: Type.Object({ edges: Type.Array(Type.Number(), { minItems: 2 }), counts: Type.Array(count, { minItems: 1 }) }, closed),
    predictionDistribution: Type.Optional(Type.Array(share)),
}, closed);
/** metadata.json of one version of a model. docs/registry.md explains every member. */
export const ModelRecordSchema = Type.Object({
    schemaVersion: Type.Literal(1),
    name: text(64),
    version: text(32),
    created: Type.String({ format: 'date-time' }),
    sourceCommit: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    engine: Type.Unsafe({ type: 'string', enum: engineNames }),
    artifact: Type.Object({ file: text(128), sha256, bytes: Type.Integer({ minimum: 1 }) }, closed),
    framework: Type.Object({ torch: text(), python: text() }, open),
    signature: SignatureSchema,
    // What the outputs mean, and how an image becomes an input.
    task: Type.Unsafe(taskSchema()),
    tolerance: Type.Optional(TolerancesSchema),
    metrics: MetricsSchema,
    training: TrainingSchema,
    inputStatistics: Type.Optional(InputStatisticsSchema),
}, closed);
