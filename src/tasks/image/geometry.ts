import { torchError } from '../../errors.js';
import type { ResolvedImage } from './spec.js';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What to do with an image of some size so that it gets another: scale all of it, cut a part out, put bars around. */
export interface Geometry {
  readonly scaled: { readonly width: number; readonly height: number };
  readonly cut: Box | undefined;
  readonly bars: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

type Target = Pick<ResolvedImage, 'width' | 'height' | 'shortestSide'>;

const none = { left: 0, top: 0, right: 0, bottom: 0 };

const recipes: Record<ResolvedImage['resize'], (width: number, height: number, target: Target) => Geometry> = {
  // torchvision's Resize(shortestSide) and CenterCrop, their roundings included.
  crop(width, height, target) {
    const long = Math.floor((target.shortestSide * Math.max(width, height)) / Math.min(width, height));
    const scaled =
      width < height ? { width: target.shortestSide, height: long } : { width: long, height: target.shortestSide };
    const cut = {
      left: halfToEven(scaled.width - target.width),
      top: halfToEven(scaled.height - target.height),
      width: target.width,
      height: target.height,
    };
    return { scaled, cut, bars: none };
  },
  stretch: (_width, _height, target) => ({
    scaled: { width: target.width, height: target.height },
    cut: undefined,
    bars: none,
  }),
  letterbox(width, height, target) {
    const ratio = Math.min(target.width / width, target.height / height);
    const scaled = { width: Math.max(1, Math.round(width * ratio)), height: Math.max(1, Math.round(height * ratio)) };
    const [x, y] = [target.width - scaled.width, target.height - scaled.height];
    const [left, top] = [Math.floor(x / 2), Math.floor(y / 2)];
    return { scaled, cut: undefined, bars: { left, top, right: x - left, bottom: y - top } };
  },
};

/** A side of an image, as most in JPEG and GIF. It bounds the weights of the scaling, which grow with each side alone. */
const maxSourceSide = 65_535;

/**
 * @param width, height as the image is looked at, so after its orientation
 * @throws ERR_OUT_OF_RANGE for an image with a side above 65,535, and for one so narrow that it would be scaled, or its
 * rows alone would be, to more than `maxPixels`
 */
export function geometryOf(width: number, height: number, spec: ResolvedImage): Geometry {
  if (Math.max(width, height) > maxSourceSide) {
    throw torchError(
      'ERR_OUT_OF_RANGE',
      `Expected an image whose sides are at most ${maxSourceSide} pixels but received one of ${width} × ${height}`,
    );
  }
  const geometry = recipes[spec.resize](width, height, spec);
  const { scaled, cut } = geometry;
  // Rows are scaled first, so that in between there are as many as the image has.
  const between = { width: cut?.width ?? scaled.width, height };
  const most = Math.max(spec.maxPixels, spec.width * spec.height);
  for (const size of [scaled, between]) {
    if (size.width * size.height <= most) continue;
    throw torchError(
      'ERR_OUT_OF_RANGE',
      `Expected an image that scales to at most ${most} pixels but one of ${width} × ${height} scales to ${size.width} × ${size.height}`,
    );
  }
  return geometry;
}

/** Half of an integer, a half rounded to the even neighbour as Python's `round` does. */
function halfToEven(value: number): number {
  const half = Math.floor(value / 2);
  return value % 2 === 0 || half % 2 === 0 ? half : half + 1;
}
