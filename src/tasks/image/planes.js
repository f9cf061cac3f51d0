import { resample } from './resample.js';
/** The channels one after the other, `((pixel / divisor) − mean) / std`: one image of an NCHW tensor. */
export function planesOf({ geometry, ...image }, spec) {
    const { height, width, channels } = spec;
    const { scaled, cut, bars } = geometry;
    const box = cut ?? { left: 0, top: 0, ...scaled };
    const { data } = resample(channels === 1 ? luma(image) : image, scaled, box, spec.interpolation);
    const planes = new Float32Array(channels * height * width);
    for (let c = 0; c < channels; c++) {
        const table = tableOf(spec, c);
        const plane = planes.subarray(c * height * width, (c + 1) * height * width);
        if (spec.resize === 'letterbox')
            plane.fill(table[backgroundOf(spec, c)]);
        for (let y = 0; y < box.height; y++) {
            const row = (y + bars.top) * width + bars.left;
            for (let x = 0; x < box.width; x++) {
                plane[row + x] = table[data[(y * box.width + x) * channels + c]];
            }
        }
    }
    return planes;
}
/** What each of the 256 values becomes. Rounded to float32 at each step as torchvision does: equal pixels, equal tensors. */
function tableOf({ divisor, mean, std }, channel) {
    const [shift, scale] = [Math.fround(mean[channel]), Math.fround(std[channel])];
    return Float32Array.from({ length: 256 }, (_, pixel) => {
        return Math.fround(Math.fround(pixel / divisor) - shift) / scale;
    });
}
/** PIL's mode L: Rec. 601, in fixed point. */
function luma({ data, width, height }) {
    const grey = new Uint8Array(width * height);
    for (let i = 0, p = 0; i < grey.length; i++, p += 3)
        grey[i] = lumaOf(data, p);
    return { data: grey, width, height, channels: 1 };
}
function lumaOf(rgb, at) {
    const [r, g, b] = [rgb[at], rgb[at + 1], rgb[at + 2]];
    return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}
function backgroundOf({ background, channels }, channel) {
    return channels === 1 ? lumaOf(background, 0) : background[channel];
}
