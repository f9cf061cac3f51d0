import { torchError } from '../../errors.js';
import { evaluate, namesIn } from './expression.js';
/** As native/engine/aoti/compiled_package.cc. */
export const largestSize = 2 ** 40;
/** @throws ERR_MODEL_FORMAT unless it is linear in one symbol */
export function extentOf(text) {
    if (typeof text === 'number')
        return text;
    const names = namesIn(text);
    const at = (size) => evaluate(text, () => size);
    const [symbol] = names;
    if (symbol === undefined)
        return at(0);
    const [offset, scale] = [at(0), at(1) - at(0)];
    const linear = [2, 3, 7].every((size) => at(size) === scale * size + offset);
    if (names.length > 1 || !linear || scale < 1) {
        throw malformed(`a dimension of ${JSON.stringify(text)}, which depends on others in a way that cannot be checked`);
    }
    return { symbol, scale, offset };
}
/** The order of dimensions in memory of a dense tensor. @throws ERR_MODEL_FORMAT for one that is not dense */
export function orderOf(sizes, strides) {
    const values = new Map();
    // Sizes that are told apart: primes, none of them a product of others.
    const primes = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149];
    const sizeOf = (name) => {
        if (!values.has(name))
            values.set(name, primes[values.size % primes.length]);
        return values.get(name);
    };
    const size = sizes.map((text) => evaluate(text, sizeOf));
    const stride = strides.map((text) => evaluate(text, sizeOf));
    const order = size.map((_, axis) => axis).sort((a, b) => stride[b] - stride[a] || a - b);
    let expected = 1;
    for (const axis of order.toReversed()) {
        if (size[axis] !== 1 && stride[axis] !== expected && !size.includes(0)) {
            throw malformed('an input whose example had gaps or overlaps in memory; export with .contiguous() examples');
        }
        expected *= size[axis];
    }
    return order;
}
/** What callers see of the inputs: sizes, and null with its bounds and symbol for what may vary. */
export function packageSignature(spec) {
    const inputs = spec.inputs.map(({ name, dtype, shape }) => ({
        name,
        dtype,
        shape: shape.map((extent) => (typeof extent === 'number' ? extent : null)),
        bounds: shape.map((extent) => boundsOf(extent, spec.symbols)),
        symbols: shape.map((extent) => (isPlain(extent) ? extent.symbol : null)),
    }));
    return { inputs, outputs: spec.outputs ?? [] };
}
export function isPlain(extent) {
    return typeof extent === 'object' && extent.scale === 1 && extent.offset === 0;
}
export function boundsOf(extent, symbols) {
    if (typeof extent === 'number')
        return null;
    const { min, max } = symbols.get(extent.symbol) ?? { min: 0, max: largestSize };
    const at = (size) => extent.scale * size + extent.offset;
    if (max < largestSize)
        return { min: at(min), max: at(max) };
    return at(min) > 0 ? { min: at(min), max: Infinity } : null;
}
/**
 * The bounds that were declared in place of those that the source's check has.
 * @param lifted symbols that may be any size where nobody declared one
 */
export function widened(spec, declared, lifted) {
    if (!spec.boundsAreInferred)
        return spec;
    const symbols = new Map(spec.symbols);
    for (const [name, own] of symbols) {
        const { min, max } = declared.get(name) ?? (lifted.includes(name) ? { min: own.min, max: largestSize } : own);
        symbols.set(name, { min, max: Math.min(max, largestSize) });
    }
    const isOpen = [...symbols.keys()].some((name) => !declared.has(name) && !lifted.includes(name));
    return { ...spec, symbols, boundsAreInferred: isOpen };
}
/** The bounds of a given signature, by the package's symbols: its author vouches for them. */
export function boundsVouchedFor(spec, given) {
    const vouched = new Map();
    if (given?.inputs.length !== spec.inputs.length)
        return vouched;
    for (const [i, { shape }] of spec.inputs.entries()) {
        for (const [axis, extent] of shape.entries()) {
            const bounds = given.inputs[i]?.bounds?.[axis];
            if (!isPlain(extent) || !bounds)
                continue;
            const known = vouched.get(extent.symbol) ?? bounds;
            vouched.set(extent.symbol, { min: Math.max(known.min, bounds.min), max: Math.min(known.max, bounds.max) });
        }
    }
    return vouched;
}
export function malformed(what) {
    return torchError('ERR_MODEL_FORMAT', `Expected inputs of a package that can be checked but received ${what}`);
}
/**
 * The inputs as the caller or the registry record says that they are, for a package that does not say so itself. Sizes that
 * may vary are taken to be equal where they have the same symbol, or none and are the same dimension: too strict for some
 * models, never too lax.
 * @throws ERR_MODEL_FORMAT for an input without dtype or shape
 */
export function specOfSignature({ inputs, outputs }) {
    const symbols = new Map();
    return {
        inputs: inputs.map((spec) => inputOf(spec, symbols)),
        symbols,
        outputs: outputs.length > 0 ? outputs : undefined, // a signature may leave out all of them
        parameters: undefined,
        constants: new Map(),
        results: new Map(),
        boundsAreInferred: false,
        namesAreMadeUp: false,
        warnings: [
            'The package does not say what its inputs must be: dtypes, shapes and largest sizes are the given signature’s',
        ],
    };
}
function inputOf({ name, dtype, shape, bounds, symbols: names }, symbols) {
    if (dtype === null || shape === null)
        throw malformed(`the input ${JSON.stringify(name)} without dtype or shape`);
    const extents = shape.map((size, axis) => {
        if (size !== null)
            return size;
        const symbol = names?.[axis] ?? `axis${axis}`;
        const { min, max } = bounds?.[axis] ?? { min: 0, max: largestSize };
        const known = symbols.get(symbol) ?? { min: 0, max: largestSize };
        symbols.set(symbol, { min: Math.max(min, known.min), max: Math.min(max, known.max) });
        return { symbol, scale: 1, offset: 0 };
    });
    return { name, dtype, shape: extents, order: shape.map((_, axis) => axis) };
}
