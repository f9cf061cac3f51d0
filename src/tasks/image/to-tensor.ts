import { InputError, torchError } from '../../errors.js';
import { Tensor } from '../../runtime/tensor.js';
import { decodeImage } from './decode.js';
import { resolveImage, type ImageOptions, type ResolvedImage } from './spec.js';

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
  const place = placer(spec);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < list.length) {
      const index = next++;
      try {
        place(await decodeImage(list[index] as Uint8Array, spec), data.subarray(index * size, (index + 1) * size));
      } catch (error) {
        next = list.length;
        throw list.length > 1 ? naming(index, error) : error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, work));
  return new Tensor('float32', data, [list.length, spec.channels, spec.height, spec.width]);
}

/** What puts the pixels of one image into its place. */
function placer({ channels, divisor, mean, std }: ResolvedImage): (pixels: Uint8Array, out: Float32Array) => void {
  // Rounded to float32 at each step as torchvision does, so that equal pixels make equal tensors.
  const tables = mean.map((shift, channel) =>
    Float32Array.from({ length: 256 }, (_, pixel) => {
      const shifted = Math.fround(Math.fround(pixel / divisor) - Math.fround(shift));
      return shifted / Math.fround(std[channel] as number);
    }),
  );
  const [first, second, third] = tables as [Float32Array, Float32Array, Float32Array];
  if (channels === 1) {
    return (pixels, out) => {
      for (let i = 0, p = 0; i < out.length; i++, p += 3) {
        const [r, g, b] = [pixels[p] as number, pixels[p + 1] as number, pixels[p + 2] as number];
        out[i] = first[(r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16] as number; // PIL's weights of Rec. 601
      }
    };
  }
  return (pixels, out) => {
    const plane = out.length / 3;
    for (let i = 0, p = 0; i < plane; i++, p += 3) {
      out[i] = first[pixels[p] as number] as number;
      out[plane + i] = second[pixels[p + 1] as number] as number;
      out[2 * plane + i] = third[pixels[p + 2] as number] as number;
    }
  };
}

function naming(index: number, error: unknown): unknown {
  if (!(error instanceof InputError)) return error;
  return torchError(error.code, `Image ${index}: ${error.message}`, { cause: error });
}
