import { torchError } from '../../errors.js';
const none = { left: 0, top: 0, right: 0, bottom: 0 };
const recipes = {
    // torchvision's Resize(shortestSide) and CenterCrop, their roundings included.
    crop(width, height, target) {
        const long = Math.floor((target.shortestSide * Math.max(width, height)) / Math.min(width, height));
        const scaled = width < height ? { width: target.shortestSide, height: long } : { width: long, height: target.shortestSide };
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
/**
 * @param width, height as the image is looked at, so after its orientation
 * @throws ERR_OUT_OF_RANGE for an image so narrow that it would be scaled to more than `maxPixels`
 */
export function geometryOf(width, height, spec) {
    const geometry = recipes[spec.resize](width, height, spec);
    const { scaled } = geometry;
    if (scaled.width * scaled.height > Math.max(spec.maxPixels, spec.width * spec.height)) {
        throw torchError('ERR_OUT_OF_RANGE', `Expected an image that scales to at most ${spec.maxPixels} pixels but one of ${width} × ${height} scales to ${scaled.width} × ${scaled.height}`);
    }
    return geometry;
}
/** Half of an integer, a half rounded to the even neighbour as Python's `round` does. */
function halfToEven(value) {
    const half = Math.floor(value / 2);
    return value % 2 === 0 || half % 2 === 0 ? half : half + 1;
}
