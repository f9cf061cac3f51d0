/** The member `image`, which a task of any kind may have: how encoded images become the model's input. */
import { torchError, type ErrorDetail } from '../../errors.js';
import type { Dimension, Signature } from '../../signature/spec.js';
import { formatShape } from '../../tensor/shape.js';
import type { Arguments } from '../../tensor/value.js';
import type { ImageSpec } from '../image/spec.js';
import { imagesToTensor } from '../image/to-tensor.js';
import type { AnyTask, EncodeOptions, EncodedInput, JsonSchema } from './kind.js';

const side = { type: 'integer', minimum: 1, maximum: 8192 };
const ofChannels = (items: object) => ({
  type: 'array',
  items: { type: 'number', ...items },
  minItems: 1,
  maxItems: 3,
});

export const imageSchema: JsonSchema = {
  type: 'object',
  required: ['size'],
  additionalProperties: false,
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
};

/** @throws ERR_TASK for a task without `image`; as imageToTensor */
export async function encodeImages(
  { type, image }: AnyTask,
  input: EncodedInput,
  { maxPixels, ...limits }: EncodeOptions,
): Promise<Arguments> {
  if (!image)
    throw torchError('ERR_TASK', `Expected a task with image for encoded images but this ${type} task has none`);
  return [await imagesToTensor(input, maxPixels === undefined ? image : { ...image, maxPixels }, limits)];
}

export function* imageFaults(
  { size, channels = 3, resize = 'crop', shortestSide, mean, std }: ImageSpec,
  { inputs }: Signature,
): Generator<ErrorDetail> {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const [input, ...others] = inputs;
  const wanted: readonly Dimension[] = [null, channels, height, width];
  const fits =
    others.length === 0 &&
    input?.dtype === 'float32' &&
    input.shape?.length === 4 &&
    wanted.every((dimension, axis) => axis === 0 || [null, dimension].includes(input.shape?.[axis] as Dimension));
  if (!fits) yield { pointer: '/task/image', detail: `must be of one float32 input ${formatShape(wanted)}` };
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values === undefined || values.length === channels) continue;
    yield { pointer: `/task/image/${name}`, detail: `must be ${channels} numbers, one for each channel` };
  }
  if (shortestSide !== undefined && (resize !== 'crop' || shortestSide < Math.max(height, width))) {
    yield { pointer: '/task/image/shortestSide', detail: 'must be at least the size, and stand beside crop alone' };
  }
}
