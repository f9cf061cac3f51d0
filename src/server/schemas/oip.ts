/** Messages of the Open Inference Protocol v2, for the description; the codec in `protocol/` reads and writes them. */
import Type, { type Schema } from '../../schema/builder.js';

const name = Type.String({ minLength: 1, maxLength: 256 });
export const Shape = Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 32 });
const openShape = Type.Array(Type.Integer({ minimum: -1, description: '-1 is any size.' }));
export const Parameters = Type.Object(
  {},
  { additionalProperties: Type.Union([Type.String(), Type.Number(), Type.Boolean()]) },
);
const datatype = Type.String({ description: 'BOOL, UINT8 to UINT64, INT8 to INT64, FP16, BF16, FP32, FP64 or BYTES.' });
const data = Type.Array(Type.Unknown(), { description: 'Flat, or nested as the shape is.' });

/** In requests `null` stands for what is left out, as many clients write it. */
const orNull = <T extends Schema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const given = orNull(
  Type.Object(
    {},
    {
      additionalProperties: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
      maxProperties: 256,
    },
  ),
);

/** What every error answer under `/v2` is. */
export const OipError = Type.Object({ error: Type.String() }, { additionalProperties: false });

/** A tensor of a request. */
const InputTensor = Type.Object({ name, shape: Shape, datatype, parameters: given, data: orNull(data) });

export const InferRequest = Type.Object({
  id: orNull(Type.String({ maxLength: 1024 })),
  parameters: given,
  inputs: Type.Array(InputTensor, { maxItems: 256 }),
  outputs: orNull(Type.Array(Type.Object({ name, parameters: given }), { maxItems: 256 })),
});

export const OutputTensor = Type.Object({
  name: Type.String(),
  datatype,
  shape: Shape,
  parameters: Type.Optional(Parameters),
  data: Type.Optional(data),
});

export const InferResponse = Type.Object({
  model_name: Type.String(),
  model_version: Type.String(),
  id: Type.Optional(Type.String()),
  outputs: Type.Array(OutputTensor),
});

export const ServerMetadata = Type.Object({
  name: Type.String(),
  version: Type.String(),
  extensions: Type.Array(Type.String()),
});

const TensorMetadata = Type.Object({
  name: Type.String(),
  datatype: Type.String({ description: 'Empty where only a request can tell.' }),
  shape: openShape,
});

export const ModelMetadata = Type.Object({
  name: Type.String(),
  versions: Type.Array(Type.String()),
  platform: Type.String(),
  inputs: Type.Array(TensorMetadata),
  outputs: Type.Array(TensorMetadata),
  // Beside the protocol's: what traces an answer back.
  version: Type.String(),
  digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
  aliases: Type.Array(Type.String()),
  created: Type.Optional(Type.String()),
  source_commit: Type.Optional(Type.String()),
  metrics: Type.Optional(Type.Object({}, { additionalProperties: true })),
  license: Type.Optional(Type.String()),
  card: Type.Optional(Type.String({ description: 'Path of the card.' })),
});

const tensorConfig = Type.Object({
  name: Type.String(),
  data_type: Type.String(),
  dims: openShape,
  optional: Type.Optional(Type.Boolean()),
});

export const ModelConfig = Type.Object({
  name: Type.String(),
  platform: Type.String(),
  backend: Type.String(),
  max_batch_size: Type.Integer({ description: '0 where requests are not batched.' }),
  input: Type.Array(tensorConfig),
  output: Type.Array(tensorConfig),
});

const duration = Type.Object({ count: Type.Integer(), ns: Type.Number() });

export const ModelStatistics = Type.Object({
  model_stats: Type.Array(
    Type.Object({
      name: Type.String(),
      version: Type.String(),
      last_inference: Type.Integer({ description: 'Milliseconds since the epoch.' }),
      inference_count: Type.Integer({ description: 'Rows.' }),
      execution_count: Type.Integer({ description: 'Runs.' }),
      inference_stats: Type.Object({}, { additionalProperties: duration }),
    }),
  ),
});

export const ServerLive = Type.Object({ live: Type.Boolean(), error: Type.Optional(Type.String()) });
export const ServerReady = Type.Object({
  ready: Type.Boolean(),
  live: Type.Boolean(),
  error: Type.Optional(Type.String()),
});
export const ModelReady = Type.Object({ name: Type.String(), ready: Type.Boolean() });
export const ModelNames = Type.Object({ models: Type.Array(Type.String()) });

export const RepositoryIndexRequest = Type.Object({
  ready: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
});

export const RepositoryIndex = Type.Array(
  Type.Object({
    name: Type.String(),
    version: Type.String(),
    state: Type.String({ description: 'READY, LOADING, UNLOADING or UNAVAILABLE.' }),
    reason: Type.String(),
  }),
);
