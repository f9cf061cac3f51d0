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
  const [width, height] = upright(header);
  const geometry = geometryOf(width, height, spec);
  const [r, g, b] = spec.background;
  // Inks stay what they are: libvips would mix them through a profile of its own.
  const inks = header.space === 'cmyk';
  const image = sharp(bytes, { ...options, limitInputPixels: spec.maxPixels });
  // Calls that sharp 0.33 has too: autoOrient() and toUint8Array() are younger.
  // Grey gets its three bands before the background comes: with one band it would get the background's red alone.
  const { data } = await image
    .pipelineColourspace(inks ? 'cmyk' : 'srgb')
    .rotate()
    .flatten({ background: { r, g, b } })
    .toColourspace(inks ? 'cmyk' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(unreadable);
  const channels = inks ? 4 : 3;
  if (data.length !== width * height * channels) {
    throw torchError(
      'ERR_INVALID_IMAGE',
      `Expected ${width} × ${height} pixels of ${channels} channels but the image gave ${data.length} bytes`,
    );
  }
  return { data: inks ? rgbOfInks(data) : data, width, height, channels: 3, geometry };
}

/** Width and height as the image is looked at: EXIF orientations from 5 on lie on their side. */
function upright({ width, height, orientation = 1 }: Metadata): [width: number, height: number] {
  return orientation >= 5 ? [height, width] : [width, height];
}

/** Red, green and blue of cyan, magenta, yellow and black, as PIL's `convert('RGB')` computes them. */
function rgbOfInks(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - (inks[from + 3] as number);
    for (let ink = 0; ink < 3; ink++) {
      const product = (inks[from + ink] as number) * light + 128;
      rgb[to++] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
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
