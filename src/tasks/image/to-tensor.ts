import { types } from 'node:util';
import { onAbort, type TicketLimits } from '../../async/ticket.js';
import { expected, InputError, reworded } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';
import { imageThread } from './image-thread.js';
import { resolveImage, type ImageOptions } from './spec.js';

/**
 * Encoded images (JPEG, PNG, WebP, GIF, AVIF) as one tensor, `((pixel / divisor) − mean) / std`, channel by channel.
 * EXIF orientation is applied, transparency put on the background, grey made red, green and blue. Of an animation the
 * first frame is taken. With `imagenet` it is torchvision's recipe: `Resize(256), CenterCrop(224), ToTensor(), Normalize`.
 * @param images the bytes of one image, or of several
 * @returns float32 `[images, channels, height, width]`
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_IMAGE (no image, damaged), ERR_OUT_OF_RANGE (too many pixels),
 * ERR_SHARP_NOT_FOUND; of several images it names the first that failed
 *
 * @example
 * const image = await imageToTensor(await readFile('cat.jpg'), imagenet);
 * const scores = await model.run(image);
 */
export async function imageToTensor(
  images: Uint8Array | readonly Uint8Array[],
  options: ImageOptions,
): Promise<Tensor<'float32'>> {
  return imagesToTensor(images, options);
}

type Limits = Pick<TicketLimits, 'signal' | 'timeoutMs'>;

/** As imageToTensor. @param limits what still waits when they end is not decoded. @throws the signal's reason, ERR_TIMEOUT */
export async function imagesToTensor(
  images: Uint8Array | readonly Uint8Array[],
  options: ImageOptions,
  { signal, timeoutMs }: Limits = {},
): Promise<Tensor<'float32'>> {
  signal?.throwIfAborted();
  const spec = resolveImage(options);
  const list = Array.isArray(images) ? (images as readonly Uint8Array[]) : [images as Uint8Array];
  for (const image of list) {
    if (!types.isUint8Array(image)) throw expected('a Buffer or Uint8Array', 'an image', image);
  }
  const size = spec.channels * spec.height * spec.width;
  const data = new Float32Array(list.length * size);
  const given = new AbortController();
  const unfollow = signal && onAbort(signal, () => given.abort(signal.reason));
  try {
    await Promise.all(
      list.map(async (image, index) => {
        try {
          data.set(await imageThread.run(image, spec, { signal: given.signal, timeoutMs }), index * size);
        } catch (error) {
          // Nobody waits for the others any more: what has not begun of them is not decoded.
          given.abort(error);
          throw list.length > 1 ? naming(index, error) : error;
        }
      }),
    );
  } finally {
    unfollow?.();
  }
  return new Tensor('float32', data, [list.length, spec.channels, spec.height, spec.width]);
}

function naming(index: number, error: unknown): unknown {
  if (!(error instanceof InputError)) return error;
  return reworded(error, (sentence) => `Image ${index}: ${sentence}`);
}
