import type { Metadata } from 'sharp';
import { expected, torchError } from '../../errors.js';
import { checkFormat } from './formats.js';
import { geometryOf } from './geometry.js';
import { loadSharp } from './sharp.js';
import type { ResolvedImage } from './spec.js';

const kernels = { bilinear: 'linear', bicubic: 'cubic', lanczos: 'lanczos3' } as const;

/**
 * The pixels of an encoded image, turned as its EXIF orientation says, put on the background, and brought to the size:
 * red, green, blue for every pixel, row by row. Colour profiles are ignored, as PIL does. Works on threads of libuv's
 * pool and of libvips'.
 * @throws ERR_INVALID_ARGUMENT (no bytes), ERR_INVALID_IMAGE, ERR_OUT_OF_RANGE (too many pixels), ERR_SHARP_NOT_FOUND
 */
export async function decodeImage(source: Uint8Array, spec: ResolvedImage): Promise<Uint8Array> {
  if (!(source instanceof Uint8Array)) throw expected('a Buffer or Uint8Array', 'an image', source);
  // A copy: the caller may change or transfer its own while threads read.
  const bytes = Buffer.from(source);
  checkFormat(bytes);
  const sharp = await loadSharp();
  const lenient = { failOn: 'error', ignoreIcc: true } as const;
  // Reads the header alone, so that too large an image is told from a broken one.
  const header = await sharp(bytes, { ...lenient, limitInputPixels: false })
    .metadata()
    .catch(unreadable);
  const { width, height } = header.autoOrient;
  checkPixels(header, spec.maxPixels);
  const { scaled, cut, bars } = geometryOf(width, height, spec);
  const [r, g, b] = spec.background;
  let image = sharp(bytes, { ...lenient, limitInputPixels: spec.maxPixels })
    .autoOrient()
    .flatten({ background: { r, g, b } })
    .resize({ ...scaled, fit: 'fill', kernel: kernels[spec.interpolation], fastShrinkOnLoad: false });
  if (cut) image = image.extract(cut);
  if (spec.resize === 'letterbox') image = image.extend({ ...bars, background: { r, g, b } });
  const pixels = await image.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer().catch(unreadable);
  if (pixels.length !== spec.width * spec.height * 3) {
    throw torchError(
      'ERR_INVALID_IMAGE',
      `Expected ${spec.width} × ${spec.height} pixels of red, green and blue but the image gave ${pixels.length} bytes`,
    );
  }
  return pixels;
}

function checkPixels({ width, height }: Metadata, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw torchError(
    'ERR_OUT_OF_RANGE',
    `Expected an image of at most ${maxPixels} pixels but received one of ${width} × ${height}`,
  );
}

function unreadable(cause: unknown): never {
  const reason = (cause as Error).message.split('\n', 1)[0];
  throw torchError('ERR_INVALID_IMAGE', `Expected an image that can be decoded: ${reason}`, { cause });
}
