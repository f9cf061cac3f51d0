import type { Metadata } from 'sharp';
import { torchError } from '../../errors.js';
import { checkFormat } from './formats.js';
import { geometryOf, type Geometry } from './geometry.js';
import type { Pixels } from './resample.js';
import { loadSharp } from './sharp.js';
import type { ResolvedImage } from './spec.js';

/** Pixels of an image, and what is to become of them. */
export interface Decoded extends Pixels {
  readonly geometry: Geometry;
}

/**
 * The pixels of an encoded image, turned as its EXIF orientation says and put on the background: red, green, blue for
 * every pixel, row by row. Colour profiles are ignored, as PIL does. Works on threads of libuv's pool and of libvips'.
 * @throws ERR_INVALID_IMAGE, ERR_OUT_OF_RANGE (too many pixels), ERR_SHARP_NOT_FOUND
 */
export async function decodeImage(source: Uint8Array, spec: ResolvedImage): Promise<Decoded> {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  checkFormat(bytes);
  const sharp = await loadSharp();
  const options = { failOn: 'error', ignoreIcc: true } as const;
  // Reads the header alone, so that too large an image is told from a broken one.
  const header = await sharp(bytes, { ...options, limitInputPixels: false })
    .metadata()
    .catch(unreadable);
  checkPixels(header, spec.maxPixels);
  const { width, height } = header.autoOrient;
  const geometry = geometryOf(width, height, spec);
  const [r, g, b] = spec.background;
  const { data } = await sharp(bytes, { ...options, limitInputPixels: spec.maxPixels })
    .autoOrient()
    .flatten({ background: { r, g, b } })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toUint8Array()
    .catch(unreadable);
  if (data.length !== width * height * 3) {
    throw torchError(
      'ERR_INVALID_IMAGE',
      `Expected ${width} × ${height} pixels of red, green and blue but the image gave ${data.length} bytes`,
    );
  }
  return { data, width, height, channels: 3, geometry };
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
