import { dtypeTable } from '../tensor/dtype.js';
import { encodeBFloat16, encodeFloat16 } from '../tensor/float16.js';
import { elementCount } from '../tensor/shape.js';
import { spreadOut } from '../tensor/spread.js';
import { Tensor } from '../tensor/tensor.js';
import { acceptsTensor } from './torch-type.js';
/** The inputs that `forward` cannot do without; undefined where the signature says too little of one to make it up. */
export function exampleSpecs(signature) {
    const required = signature?.inputs.filter(({ optional }) => !optional) ?? [];
    return required.length > 0 && required.every(isFull) ? required : undefined;
}
/** What pictures, tokens and sound are cut to; more elements than this are not tried. */
const usualSizes = { pictures: [32, 224, 640], others: [16, 512, 16_000] };
const mostElements = 4 * 2 ** 20;
/** Sizes that free dimensions behind the first may be tried with, in their order; 1 alone where there are none. */
export function freeSizes(specs) {
    const free = specs.filter(({ shape }) => shape.slice(1).includes(null));
    if (free.length === 0)
        return [1];
    const rank = Math.max(...free.map(({ shape }) => shape.length));
    const sizes = rank > 3 ? usualSizes.pictures : usualSizes.others;
    const fits = (size) => specs.every(({ shape }) => shape.slice(1).reduce((all, one) => all * (one ?? size), 1) <= mostElements);
    return [1, ...sizes.filter(fits)];
}
/**
 * Valid arguments by name. Free dimensions are `rows` for the first of an input and `others` elsewhere, or what is next to it
 * within their bounds; dimensions of one name have one size.
 */
export function exampleArguments(specs, rows, others = 1) {
    const known = new Map();
    const sizeOf = (spec, axis) => {
        const size = withinBounds(spec, axis, axis === 0 ? rows : others);
        const symbol = spec.symbols?.[axis] ?? null;
        if (symbol === null)
            return size;
        if (!known.has(symbol))
            known.set(symbol, size);
        return known.get(symbol);
    };
    return Object.fromEntries(specs.map((spec, position) => [
        spec.name,
        exampleTensor(spec, spec.shape.map((size, axis) => size ?? sizeOf(spec, axis)), position),
    ]));
}
/** The size next to `wanted` that the bounds of a dimension allow. */
export function withinBounds({ bounds }, axis, wanted) {
    const bound = bounds?.[axis];
    return bound ? Math.min(bound.max, Math.max(bound.min, wanted)) : wanted;
}
/** Deterministic values over the whole range, others for each input: what is made of their difference must not vanish. */
function exampleTensor({ dtype, range }, shape, position) {
    const { array, kind, bytes } = dtypeTable[dtype];
    const [min, max] = range ?? [0, 1];
    const data = new array(elementCount(shape));
    const half = dtype === 'float16' ? encodeFloat16 : dtype === 'bfloat16' ? encodeBFloat16 : undefined;
    for (let i = 0; i < data.length; ++i) {
        const real = min + (max - min) * spreadOut(i, position);
        const value = kind === 'float' ? real : Math.round(real);
        data[i] = kind === 'int' && bytes === 8 ? BigInt(value) : half ? half(value) : value;
    }
    return new Tensor(dtype, data, shape);
}
function isFull(spec) {
    return spec.dtype !== null && spec.shape !== null && (spec.type === undefined || acceptsTensor(spec.type));
}
