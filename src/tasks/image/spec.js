import { expected } from '../../errors.js';
import * as check from '../../check.js';
/** What torchvision's classification models were trained with: shortest side 256, the middle 224 × 224. */
export const imagenet = Object.freeze({
    size: 224,
    resize: 'crop',
    shortestSide: 256,
    interpolation: 'bilinear',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
});
/** Preprocessing by name. */
export const imagePresets = { imagenet };
export const presetNames = Object.keys(imagePresets);
/** A side of an input. */
const maxSide = 8192;
const defaultMaxPixels = 50_000_000;
const choices = {
    resize: ['crop', 'stretch', 'letterbox'],
    interpolation: ['bilinear', 'bicubic', 'lanczos'],
    channels: [3, 1],
};
const known = [
    ...['size', 'shortestSide', 'divisor', 'mean', 'std', 'background', 'maxPixels'],
    ...Object.keys(choices),
].sort();
/** @throws ERR_INVALID_ARGUMENT naming the option */
export function resolveImage(options) {
    check.object('the options of an image', options);
    for (const name of Object.keys(options)) {
        if (!known.includes(name))
            throw expected(`one of ${known.join(', ')}`, 'an option of an image', name);
    }
    for (const [name, allowed] of Object.entries(choices)) {
        const value = options[name];
        if (value !== undefined && !allowed.includes(value)) {
            throw expected(`one of ${allowed.join(', ')}`, name, value);
        }
    }
    const { resize = 'crop', interpolation = 'bilinear', channels = 3, divisor = 255 } = options;
    const { background = [255, 255, 255], maxPixels = defaultMaxPixels } = options;
    const [height, width] = sizeOf(options.size);
    const { shortestSide = Math.max(height, width) } = options;
    if (options.shortestSide !== undefined) {
        if (resize !== 'crop')
            throw expected('no value without resize: crop', 'shortestSide', shortestSide);
        check.integer('shortestSide', shortestSide, Math.max(height, width), maxSide);
    }
    check.integer('maxPixels', maxPixels, 1, Number.MAX_SAFE_INTEGER);
    if (!(Number.isFinite(divisor) && divisor > 0))
        throw expected('a number above 0', 'divisor', divisor);
    const { mean = new Array(channels).fill(0), std = new Array(channels).fill(1) } = options;
    checkNumbers('mean', mean, channels, 'finite numbers', () => true);
    checkNumbers('std', std, channels, 'numbers above 0', (value) => value > 0);
    checkNumbers('background', background, 3, 'integers from 0 to 255', isByte);
    return {
        ...{ height, width, resize, shortestSide, interpolation, channels, divisor, mean, std, background, maxPixels },
    };
}
const isByte = (value) => Number.isInteger(value) && value >= 0 && value <= 255;
function sizeOf(size) {
    const [height, width, ...more] = Array.isArray(size) ? size : [size, size];
    if (more.length > 0)
        throw expected('a number or [height, width]', 'size', size);
    check.integer('the height of size', height, 1, maxSide);
    check.integer('the width of size', width, 1, maxSide);
    return [height, width];
}
function checkNumbers(name, values, count, what, allowed) {
    const fits = Array.isArray(values) && values.length === count;
    if (!fits || !values.every((value) => Number.isFinite(value) && allowed(value))) {
        throw expected(`${count} ${what}`, name, values);
    }
}
