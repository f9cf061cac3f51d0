import { InputError, torchError } from '../../errors.js';
import { Tensor } from '../../runtime/tensor.js';
import { decodeImage } from './decode.js';
import { pixelThread } from './pixel-thread.js';
import { resolveImage, type ImageOptions } from './spec.js';

/** Images decoded at the same time; each takes a thread of libuv's pool, which has four. */
const atOnce = 2;

/**
 * Encoded images (JPEG, PNG, WebP, GIF, AVIF) as one tensor, `((pixel / divisor) − mean) / std`, channel by channel.
 * EXIF orientation is applied, transparency put on the background, grey made red, green and blue; of an animation the
 * first frame counts. With `imagenet` it is torchvision's recipe: `Resize(256), CenterCrop(224), ToTensor(), Normalize`.
 * @param images the bytes of one image, or of several
 * @returns float32 `[images, channels, height, width]`
 * @throws ERR_INVALID_ARGUMENT, ERR_INVALID_IMAGE (no image, damaged), ERR_OUT_OF_RANGE (too many pixels),
 * ERR_SHARP_NOT_FOUND; of several images it names the first that failed
 */
export async function imageToTensor(
  images: Uint8Array | readonly Uint8Array[],
  options: ImageOptions,
): Promise<Tensor> {
  const spec = resolveImage(options);
  const list = Array.isArray(images) ? (images as readonly Uint8Array[]) : [images as Uint8Array];
  const size = spec.channels * spec.height * spec.width;
  const data = new Float32Array(list.length * size);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < list.length) {
      const index = next++;
      try {
        const { geometry, ...image } = await decodeImage(list[index] as Uint8Array, spec);
        data.set(await pixelThread.run({ image, geometry, spec }), index * size);
      } catch (error) {
        next = list.length;
        throw list.length > 1 ? naming(index, error) : error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, work));
  return new Tensor('float32', data, [list.length, spec.channels, spec.height, spec.width]);
}

function naming(index: number, error: unknown): unknown {
  if (!(error instanceof InputError)) return error;
  return torchError(error.code, `Image ${index}: ${error.message}`, { cause: error });
}
