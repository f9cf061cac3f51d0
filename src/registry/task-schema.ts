import Type from 'typebox';
import type { ImageSpec } from '../tasks/image/spec.js';

const closed = { additionalProperties: false };
const text = Type.String({ minLength: 1, maxLength: 200 });
const labels = Type.Array(text, { minItems: 1, maxItems: 100_000 });
const oneOf = <T extends string>(...values: readonly T[]) => Type.Unsafe<T>({ type: 'string', enum: values });
const side = { type: 'integer', minimum: 1, maximum: 8192 };
const ofChannels = (items: object) => ({
  type: 'array',
  items: { type: 'number', ...items },
  minItems: 1,
  maxItems: 3,
});

const image = Type.Optional(
  Type.Unsafe<ImageSpec>({
    type: 'object',
    required: ['size'],
    ...closed,
    properties: {
      size: { anyOf: [side, { type: 'array', items: side, minItems: 2, maxItems: 2 }] },
      resize: { enum: ['crop', 'stretch', 'letterbox'] },
      shortestSide: side,
      interpolation: { enum: ['bilinear', 'bicubic', 'lanczos'] },
      channels: { enum: [1, 3] },
      divisor: { type: 'number', exclusiveMinimum: 0 },
      mean: ofChannels({}),
      std: ofChannels({ exclusiveMinimum: 0 }),
      background: { ...ofChannels({ type: 'integer', minimum: 0, maximum: 255 }), minItems: 3 },
    },
  }),
);

/** What the outputs mean, and how an image becomes an input. docs/registry.md explains every member. */
export const TaskSchema = Type.Union([
  Type.Object({ type: Type.Literal('classification'), activation: oneOf('softmax', 'none'), labels, image }, closed),
  Type.Object(
    {
      type: Type.Literal('multi-label'),
      activation: oneOf('sigmoid', 'none'),
      labels,
      threshold: Type.Number({ minimum: 0, maximum: 1 }),
      image,
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('embedding'),
      pooling: oneOf('mean', 'cls', 'none'),
      normalize: Type.Boolean(),
      attentionMask: Type.Optional(text),
      image,
    },
    closed,
  ),
  Type.Object({ type: Type.Literal('other'), image }, closed),
]);
