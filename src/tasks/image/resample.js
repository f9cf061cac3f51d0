const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
/** As PIL's: the triangle, the cubic with a = −0.5, Lanczos of three lobes. */
const filters = {
    bilinear: { reach: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
    bicubic: {
        reach: 2,
        at(signed) {
            const x = Math.abs(signed);
            if (x < 1)
                return (1.5 * x - 2.5) * x * x + 1;
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
        },
    },
    lanczos: { reach: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
/** Weights are integers of this many bits behind the point. */
const precision = 22;
/**
 * The part `box` of the image scaled to `scaled`, bit for bit as PIL's `Image.resize` and `crop`: when it becomes smaller
 * the filter is widened, so that every pixel counts (antialiasing); rows first, rounded to 8 bits, then columns; weights
 * in fixed point. Only what the box needs is computed.
 */
export function resample(source, scaled, box, interpolation) {
    const filter = filters[interpolation];
    const across = weightsOf(source.width, scaled.width, box.left, box.width, filter);
    const down = weightsOf(source.height, scaled.height, box.top, box.height, filter);
    const top = down.first[0];
    const bottom = down.first[box.height - 1] + down.count[box.height - 1];
    const { channels } = source;
    const narrow = new Uint8Array((bottom - top) * box.width * channels);
    for (let y = top; y < bottom; y++) {
        const [from, to] = [y * source.width * channels, (y - top) * box.width * channels];
        if (channels === 3)
            filterColours(source.data, from, narrow, to, across);
        else
            for (let c = 0; c < channels; c++)
                filterLine(source.data, from + c, narrow, to + c, channels, across);
    }
    const data = new Uint8Array(box.height * box.width * channels);
    const pitch = box.width * channels;
    for (let i = 0; i < pitch; i++)
        filterLine(narrow, i - top * pitch, data, i, pitch, down);
    return { data, width: box.width, height: box.height, channels };
}
/** One line of one channel: neighbours are `step` apart in both. */
function filterLine(source, from, target, to, step, { first, count, taps, weights }) {
    for (let i = 0; i < first.length; i++) {
        let sum = 1 << (precision - 1);
        let at = from + first[i] * step;
        const end = i * taps + count[i];
        for (let tap = i * taps; tap < end; tap++, at += step) {
            sum = (sum + Math.imul(source[at], weights[tap])) | 0;
        }
        target[to + i * step] = clamp(sum >> precision);
    }
}
/** As `filterLine` for red, green and blue beside each other, at once: most of the time goes here. */
function filterColours(source, from, target, to, { first, count, taps, weights }) {
    for (let i = 0; i < first.length; i++) {
        let red = 1 << (precision - 1);
        let green = red;
        let blue = red;
        let at = from + first[i] * 3;
        const end = i * taps + count[i];
        for (let tap = i * taps; tap < end; tap++, at += 3) {
            const weight = weights[tap];
            red = (red + Math.imul(source[at], weight)) | 0;
            green = (green + Math.imul(source[at + 1], weight)) | 0;
            blue = (blue + Math.imul(source[at + 2], weight)) | 0;
        }
        target[to + i * 3] = clamp(red >> precision);
        target[to + i * 3 + 1] = clamp(green >> precision);
        target[to + i * 3 + 2] = clamp(blue >> precision);
    }
}
function clamp(value) {
    return value < 0 ? 0 : value > 255 ? 255 : value;
}
function weightsOf(from, to, start, length, { reach, at }) {
    const scale = from / to;
    const stretch = Math.max(1, scale);
    const support = reach * stretch;
    const taps = Math.ceil(support) * 2 + 1;
    const first = new Int32Array(length);
    const count = new Int32Array(length);
    const weights = new Int32Array(length * taps);
    for (let i = 0; i < length; i++) {
        const centre = (start + i + 0.5) * scale;
        const begin = Math.max(0, Math.trunc(centre - support + 0.5));
        const end = Math.min(from, Math.trunc(centre + support + 0.5));
        const exact = Array.from({ length: end - begin }, (_, x) => at((x + begin - centre + 0.5) / stretch));
        const sum = exact.reduce((total, weight) => total + weight, 0);
        first[i] = begin;
        count[i] = end - begin;
        for (const [x, weight] of exact.entries()) {
            const share = (weight / sum) * (1 << precision);
            weights[i * taps + x] = Math.trunc(share + (share < 0 ? -0.5 : 0.5));
        }
    }
    return { first, count, taps, weights };
}
