import Type from '../schema/builder.js';
import { dtypes } from '../tensor/dtype.js';
import { maxRank } from '../tensor/shape.js';
import type { Dimension, DimensionBounds } from '../signature/spec.js';
import type { DType } from '../tensor/dtype.js';
import { engineNames } from '../engines/index.js';
import type { EngineName } from '../model/info.js';
import type { ReferenceFeature } from '../monitoring/drift/statistics.js';
import { taskSchema, type Task } from '../tasks/kinds/index.js';

const closed = { additionalProperties: false };
const open = { additionalProperties: true };
const text = (maxLength = 200) => Type.String({ minLength: 1, maxLength });
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const count = Type.Integer({ minimum: 0 });
const labels = Type.Array(text(), { minItems: 1, maxItems: 100_000 });
const share = Type.Number({ minimum: 0, maximum: 1 });

const TensorSpecSchema = Type.Object(
  {
    name: text(),
    // Null for what is no tensor; `type` says what it is.
    dtype: Type.Unsafe<DType | null>({ type: ['string', 'null'], enum: [...dtypes, null] }),
    shape: Type.Unsafe<Dimension[] | null>({
      type: ['array', 'null'],
      items: { type: ['integer', 'null'], minimum: 0 },
      maxItems: maxRank,
    }),
    type: Type.Optional(text()),
    optional: Type.Optional(Type.Boolean()),
    bounds: Type.Optional(
      Type.Unsafe<(DimensionBounds | null)[]>({
        type: 'array',
        items: { ...Type.Object({ min: count, max: count }, closed), type: ['object', 'null'] },
        maxItems: maxRank,
      }),
    ),
    symbols: Type.Optional(
      Type.Unsafe<(string | null)[]>({
        type: 'array',
        items: { ...text(), type: ['string', 'null'] },
        maxItems: maxRank,
      }),
    ),
    range: Type.Optional(
      Type.Unsafe<[min: number, max: number]>({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }),
    ),
    labels: Type.Optional(labels),
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

const ToleranceSchema = Type.Object(
  { absolute: Type.Number({ minimum: 0 }), relative: Type.Number({ minimum: 0 }) },
  closed,
);

const TolerancesSchema = Type.Object(
  {
    auto: Type.Optional(ToleranceSchema),
    fp32: Type.Optional(ToleranceSchema),
    fp16: Type.Optional(ToleranceSchema),
    bf16: Type.Optional(ToleranceSchema),
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

const number = Type.Number();
const counted = { name: text(), missing: count };
/** As docs/monitoring.md explains it; `statisticsFaults` says what JSON Schema cannot. */
const FeatureSchema = Type.Unsafe<ReferenceFeature>({
  type: 'object',
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [
    Type.Object(
      {
        ...counted,
        kind: Type.Literal('numeric'),
        edges: Type.Array(number, { minItems: 2, maxItems: 200 }),
        counts: Type.Array(count, { maxItems: 201 }),
        mean: Type.Optional(number),
        std: Type.Optional(Type.Number({ minimum: 0 })),
      },
      closed,
    ),
    Type.Object(
      {
        ...counted,
        kind: Type.Literal('categorical'),
        categories: Type.Array(Type.Integer(), { minItems: 1, maxItems: 200 }),
        counts: Type.Array(count, { maxItems: 201 }),
      },
      closed,
    ),
  ],
});
const features = Type.Array(FeatureSchema, { minItems: 1, maxItems: 256 });

const TrainingStatisticsSchema = Type.Object(
  {
    rows: Type.Integer({ minimum: 1 }),
    inputs: Type.Array(Type.Object({ input: text(), features }, closed), { maxItems: 64 }),
    predictions: Type.Optional(Type.Object({ features }, closed)),
    calibration: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}, open))),
  },
  closed,
);

const prose = Type.String({ minLength: 1, maxLength: 20_000 });
const bytes = Type.Integer({ minimum: 1 });
const dateTime = Type.String({ format: 'date-time' });
const commit = Type.String({ pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' });
const task = Type.Unsafe<Task>(taskSchema());

/** What every record has. */
const common = {
  name: text(64),
  version: text(32),
  created: dateTime,
  engine: Type.Unsafe<EngineName>({ type: 'string', enum: engineNames }),
  signature: SignatureSchema,
  // What the outputs mean, and how an image becomes an input.
  task,
  tolerance: Type.Optional(TolerancesSchema),
  inputStatistics: Type.Optional(InputStatisticsSchema),
};

/** Written by hand or by a training script: everything is stated. */
const RecordSchema1 = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ...common,
    sourceCommit: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    artifact: Type.Object({ file: text(128), sha256, bytes }, closed),
    framework: Type.Object({ torch: text(), python: text() }, open),
    metrics: MetricsSchema,
    training: TrainingSchema,
  },
  closed,
);

/** One more file of the artifact: the external data of an ONNX model. */
const SidecarSchema = Type.Object({ file: text(512), sha256, bytes: count }, closed);

/** Where an artifact was fetched from. */
const SourceSchema = Type.Object(
  {
    /** Such as `hf:org/model`. */
    repository: Type.Optional(text(500)),
    revision: Type.Optional(commit),
    /** In the repository. */
    file: Type.Optional(text(1000)),
    url: Type.Optional(text(2000)),
  },
  closed,
);

/** What the runs at admission showed. What could not be found out is left out. */
const AdmissionSchema = Type.Object(
  {
    date: dateTime,
    /** Version of this package. */
    nodeLibtorch: text(),
    /** Such as `LibTorch 2.15.0`. */
    runtime: Type.Optional(text()),
    device: Type.Optional(text()),
    /** What it was run on: inputs that were made up by the signature, those of a file, or none. */
    example: Type.Unsafe<'made-up' | 'given' | 'none'>({ type: 'string', enum: ['made-up', 'given', 'none'] }),
    /** `independent`, `dependent` or `unknown`, as warm-up finds it. */
    rows: Type.Optional(Type.Object({ verdict: text(), reason: Type.Optional(text(2000)) }, closed)),
    state: Type.Optional(Type.Object({ stateful: Type.Boolean(), reason: Type.Optional(text(2000)) }, closed)),
    /** Whether equal inputs gave equal outputs, bit for bit. */
    deterministic: Type.Optional(Type.Boolean()),
    /** Milliseconds of one run of so many rows, after warm-up. */
    latency: Type.Optional(
      Type.Array(Type.Object({ rows: count, runs: count, median: Type.Number(), p95: Type.Number() }, closed)),
    ),
    /** Bytes of resident memory of the process: its peak, and what the load added. */
    memory: Type.Optional(Type.Object({ peak: count, load: count }, closed)),
    warnings: Type.Optional(Type.Array(text(2000), { maxItems: 100 })),
  },
  closed,
);

/** Written by `registry add`: what nobody stated is left out, and never invented. */
const RecordSchema2 = Type.Object(
  {
    schemaVersion: Type.Literal(2),
    ...common,
    artifact: Type.Object(
      { file: text(128), sha256, bytes, sidecars: Type.Optional(Type.Array(SidecarSchema, { maxItems: 10_000 })) },
      closed,
    ),
    sourceCommit: Type.Optional(commit),
    source: Type.Optional(SourceSchema),
    framework: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}, open))),
    metrics: Type.Optional(MetricsSchema),
    training: Type.Optional(TrainingSchema),
    description: Type.Optional(prose),
    intendedUse: Type.Optional(prose),
    limitations: Type.Optional(prose),
    /** An SPDX identifier, such as `Apache-2.0`. */
    license: Type.Optional(text()),
    admission: Type.Optional(AdmissionSchema),
    /** What it was trained on, as counts: what monitoring compares with. */
    trainingStatistics: Type.Optional(TrainingStatisticsSchema),
  },
  closed,
);

/** The schemas of metadata.json by `schemaVersion`: what `ModelRecord` describes. docs/registry.md explains every member. */
export const recordSchemas = { 1: RecordSchema1, 2: RecordSchema2 } as const;
