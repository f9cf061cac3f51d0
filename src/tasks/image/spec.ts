import { expected } from '../../errors.js';
import * as check from '../../check.js';

/** How an image becomes an input: float32, `[images, channels, height, width]`. */
export interface ImageSpec {
  /** Height and width of the input; one number for a square. */
  readonly size: number | readonly [height: number, width: number];
  /**
   * `crop` (default): the shortest side is brought to `shortestSide` and the middle cut out, as torchvision's recipe for
   * ImageNet; `stretch`: both sides to the size, whatever the proportions; `letterbox`: as large as fits, bars around.
   */
  readonly resize?: 'crop' | 'stretch' | 'letterbox';
  /** With `crop`. Default: the larger number of `size`. */
  readonly shortestSide?: number;
  /** Default `bilinear`; all of them with antialiasing. */
  readonly interpolation?: 'bilinear' | 'bicubic' | 'lanczos';
  /** 3 (default): red, green, blue. 1: luma, as PIL's mode L. */
  readonly channels?: 1 | 3;
  /** What pixels of 0 to 255 are divided by. Default 255. */
  readonly divisor?: number;
  /** Of each channel, taken off after the division. Default 0. */
  readonly mean?: readonly number[];
  /** Of each channel, divided by after that. Default 1. */
  readonly std?: readonly number[];
  /** Red, green, blue from 0 to 255, behind transparent pixels and in the bars of a letterbox. Default white. */
  readonly background?: readonly [red: number, green: number, blue: number];
}

export interface ImageOptions extends ImageSpec {
  /** Images of more pixels are refused before they are decoded. Default 50 million. */
  readonly maxPixels?: number;
}

/** Options with their defaults. */
export interface ResolvedImage extends Required<Omit<ImageOptions, 'size'>> {
  readonly height: number;
  readonly width: number;
}

/** What torchvision's classification models were trained with: shortest side 256, the middle 224 × 224. */
export const imagenet = Object.freeze({
  size: 224,
  resize: 'crop',
  shortestSide: 256,
  interpolation: 'bilinear',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
}) satisfies ImageSpec;

/** Preprocessing by name. */
export const imagePresets: Readonly<Record<string, ImageSpec>> = { imagenet };
export const presetNames = Object.keys(imagePresets);

/** A side of an input. */
const maxSide = 8192;
const defaultMaxPixels = 50_000_000;

const choices = {
  resize: ['crop', 'stretch', 'letterbox'],
  interpolation: ['bilinear', 'bicubic', 'lanczos'],
  channels: [3, 1],
} as const;
const known = [
  ...['size', 'shortestSide', 'divisor', 'mean', 'std', 'background', 'maxPixels'],
  ...Object.keys(choices),
].sort();

/** @throws ERR_INVALID_ARGUMENT naming the option */
export function resolveImage(options: ImageOptions): ResolvedImage {
  check.object('the options of an image', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw expected(`one of ${known.join(', ')}`, 'an option of an image', name);
  }
  for (const [name, allowed] of Object.entries(choices)) {
    const value = options[name as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly unknown[]).includes(value)) {
      throw expected(`one of ${allowed.join(', ')}`, name, value);
    }
  }
  const { resize = 'crop', interpolation = 'bilinear', channels = 3, divisor = 255 } = options;
  const { background = [255, 255, 255], maxPixels = defaultMaxPixels } = options;
  const [height, width] = sizeOf(options.size);
  const { shortestSide = Math.max(height, width) } = options;
  if (options.shortestSide !== undefined) {
    if (resize !== 'crop') throw expected('no value without resize: crop', 'shortestSide', shortestSide);
    check.integer('shortestSide', shortestSide, Math.max(height, width), maxSide);
  }
  check.integer('maxPixels', maxPixels, 1, Number.MAX_SAFE_INTEGER);
  if (!(Number.isFinite(divisor) && divisor > 0)) throw expected('a number above 0', 'divisor', divisor);
  const { mean = new Array<number>(channels).fill(0), std = new Array<number>(channels).fill(1) } = options;
  checkNumbers('mean', mean, channels, 'finite numbers', () => true);
  checkNumbers('std', std, channels, 'numbers above 0', (value) => value > 0);
  checkNumbers('background', background, 3, 'integers from 0 to 255', isByte);
  return {
    ...{ height, width, resize, shortestSide, interpolation, channels, divisor, mean, std, background, maxPixels },
  };
}

const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;

function sizeOf(size: unknown): readonly [number, number] {
  const [height, width, ...more] = Array.isArray(size) ? (size as unknown[]) : [size, size];
  if (more.length > 0) throw expected('a number or [height, width]', 'size', size);
  check.integer('the height of size', height, 1, maxSide);
  check.integer('the width of size', width, 1, maxSide);
  return [height, width];
}

function checkNumbers(
  name: string,
  values: unknown,
  count: number,
  what: string,
  allowed: (value: number) => boolean,
): void {
  const fits = Array.isArray(values) && values.length === count;
  if (!fits || !values.every((value) => Number.isFinite(value) && allowed(value as number))) {
    throw expected(`${count} ${what}`, name, values);
  }
}
