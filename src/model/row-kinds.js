/** What made-up rows hold: a table of their kinds, one for floats and one for integers. */
import { dtypeTable } from '../tensor/dtype.js';
import { spreadOut } from '../tensor/spread.js';
export const ordinary = ['first', 'second', 'spread'];
/** Those that find the most first: of large rows only some are tried. */
export const extreme = [
    ...['quiet', 'loud', 'negative', 'zero', 'loudNegative', 'loudest', 'peaky', 'quietest', 'flat', 'loudestNegative'],
];
/** How much larger and smaller extreme rows are: a sound may be 120 dB below another. */
const factor = 1000;
const nearZero = ({ min, max }) => Math.min(max, Math.max(min, 0));
/** Deterministic numbers over the range, or about as large as the example's. */
export function spread({ scale, min, max, isSigned, stream }, seed) {
    const [low, high] = spreadExtent({ scale, min, max, isSigned });
    return (i) => low + (high - low) * spreadOut(i + seed * 97, stream);
}
export function spreadExtent({ scale, min, max, isSigned }) {
    return [Math.max(min, isSigned ? -1.5 * scale : 0), Math.min(max, 1.5 * scale)];
}
/** Within the range on the other side of zero, or of the middle where the range has no such numbers. */
function mirrored({ min, max }, row, [low, high]) {
    const fits = -high >= min && -low <= max;
    return fits ? (i) => -row(i) : (i) => min + max - row(i);
}
function scaled(given, row, by) {
    const zero = nearZero(given);
    return (i) => zero + (row(i) - zero) * by;
}
export const floats = {
    first: ({ base }) => (i) => base[i],
    second: ({ other }) => other,
    spread: (given) => spread(given, 2),
    quiet: (given) => scaled(given, given.lively, 1 / factor),
    loud: (given) => scaled(given, given.lively, factor),
    negative: (given) => mirrored(given, given.lively, given.extent),
    loudNegative: (given) => scaled(given, mirrored(given, given.livelyOther, given.otherExtent), factor),
    zero: (given) => () => nearZero(given),
    quietest: (given) => scaled(given, given.lively, 1 / factor ** 2),
    loudest: (given) => scaled(given, given.lively, factor ** 2),
    loudestNegative: (given) => scaled(given, mirrored(given, given.lively, given.extent), factor ** 2),
    // One element stands out.
    peaky: (given) => {
        const still = scaled(given, given.lively, 1 / factor ** 2);
        const at = Math.floor(given.base.length / 3);
        const size = 10 * given.scale;
        const peak = size <= given.max || given.max >= -given.min ? Math.min(size, given.max) : Math.max(-size, given.min);
        return (i) => (i === at ? peak : still(i));
    },
    // Nearly constant.
    flat: (given) => {
        const middle = Math.min(given.max, Math.max(given.min, given.scale / 2));
        return (i) => middle * (1 + 1e-3 * (spreadOut(i + 7, given.stream) - 0.5));
    },
};
export const chosen = ({ min, max, stream }, seed) => {
    return (i) => min + Math.floor(spreadOut(i + seed * 97, stream) * (max - min + 1));
};
export const integers = {
    ...floats,
    spread: (given) => chosen(given, 2),
    quiet: ({ min }) => () => min,
    loud: ({ max }) => () => max,
    negative: ({ base, min, max }) => (i) => min + max - base[i],
    loudNegative: (given) => chosen(given, 5),
    zero: ({ base }) => (i) => base[(i + 1) % base.length],
    quietest: (given) => chosen(given, 7),
    loudest: (given) => chosen(given, 9),
    loudestNegative: (given) => chosen(given, 11),
    peaky: ({ base, min, max }) => (i) => i === Math.floor(base.length / 3) ? max : min,
    flat: ({ base, min, max }) => (i) => i === Math.floor(base.length / 3) ? min : max,
};
/** Floats beyond this in size overflow in half precision as soon as they are added up. */
const largestHalf = 3e4;
const largestFloat = 1e30;
/**
 * What elements may be. Without a range integers stay between those of the example, for they may be indices; nothing makes
 * 0 of what has none, for it may be divided by.
 */
export function boundsOf(tensor, range, reals) {
    const { dtype, shape } = tensor;
    const { kind } = dtypeTable[dtype];
    if (kind === 'float') {
        const most = dtype === 'float16' ? largestHalf : largestFloat;
        return range ? [Math.max(range[0], -most), Math.min(range[1], most)] : [-most, most];
    }
    if (kind === 'bool')
        return [0, 1];
    if (range && Number.isSafeInteger(Math.ceil(range[0])) && Number.isSafeInteger(Math.floor(range[1]))) {
        return [Math.ceil(range[0]), Math.floor(range[1])];
    }
    let min = Infinity;
    let max = -Infinity;
    for (const x of reals) {
        min = Math.min(min, x);
        max = Math.max(max, x);
    }
    if (min > max)
        return [0, 0];
    if (dtype === 'uint8')
        return [min === 0 ? 0 : 1, 255]; // pixels, most of the time
    if (dtype === 'int8')
        return [-128, 127];
    if (dtype === 'int16')
        return [-32768, 32767]; // sound, most of the time; neither is an index
    const isMask = min === 1 && max === 1 && shape.length > 1;
    return [isMask ? 0 : Math.min(min, 1), max];
}
