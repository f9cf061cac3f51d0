import { dtypeTable } from '../tensor/dtype.js';
import { realsOf, realTo } from '../tensor/reals.js';
import { spreadOut } from '../tensor/spread.js';
import { Tensor } from '../tensor/tensor.js';
/** The same row with its floats moved by a share of themselves, up and down in turn; undefined where there are none. */
export function nudged(args, by) {
    return withFloats(args, (x, i) => x * (1 + (spreadOut(i + 3 * 97) < 0.5 ? by : -by)));
}
/** The same row with its floats multiplied, within the ranges; undefined where there are none but zeros. */
export function multiplied(args, by, rangeOf) {
    let moved = false;
    const found = withFloats(args, (x, _, position) => {
        const [min, max] = rangeOf(position) ?? [-Infinity, Infinity];
        const y = Math.min(max, Math.max(min, x * by));
        if (x !== y)
            moved = true;
        return y;
    });
    return moved ? found : undefined;
}
function withFloats(args, change) {
    let changed = false;
    const found = args.map((value, position) => {
        if (!(value instanceof Tensor) || dtypeTable[value.dtype].kind !== 'float')
            return value;
        changed = true;
        const reals = realsOf(value);
        const data = new dtypeTable[value.dtype].array(reals.length);
        const encode = realTo(value.dtype);
        for (let i = 0; i < reals.length; ++i)
            data[i] = encode(change(reals[i], i, position));
        return new Tensor(value.dtype, data, value.shape);
    });
    return changed ? found : undefined;
}
