import { toleranceOf } from '../signature/tolerance.js';
import { dtypeTable } from '../tensor/dtype.js';
import { realsOf } from '../tensor/reals.js';
import { Tensor } from '../tensor/tensor.js';
import { childrenOf, isContainer } from '../tensor/value.js';
const alike = { differs: false, size: 0, share: 0, compared: 0, at: [] };
const unlike = { differs: true, size: Infinity, share: Infinity, compared: 0, at: [] };
/** The tensors of a result in order, if every leaf is a tensor with `rows` rows. */
export function leavesOf(value, rows) {
    if (value instanceof Tensor)
        return value.shape[0] === rows ? [value] : undefined;
    if (!isContainer(value))
        return undefined;
    const found = [];
    for (const item of childrenOf(value)) {
        const inner = leavesOf(item, rows);
        if (!inner)
            return undefined;
        found.push(...inner);
    }
    return found.length > 0 ? found : undefined;
}
/** The largest finite element by size. */
export function scaleOf(tensor) {
    let scale = 0;
    for (const element of realsOf(tensor)) {
        const size = Math.abs(element);
        if (size > scale && size !== Infinity)
            scale = size;
    }
    return scale;
}
/**
 * Row `at` of a result against the same row alone: |x − y| ≤ absolute + relative × the row's own largest element. Integers
 * and flags must be equal.
 */
export function compareRow(joint, at, alone, options) {
    const isSameForm = joint.dtype === alone.dtype &&
        joint.shape.length === alone.shape.length &&
        joint.shape.every((size, axis) => axis === 0 || size === alone.shape[axis]);
    if (!isSameForm)
        return unlike;
    const width = alone.data.length;
    const row = new Tensor(joint.dtype, joint.data.subarray(at * width, (at + 1) * width), alone.shape);
    return dtypeTable[alone.dtype].kind === 'float' ? compareFloats(row, alone, options) : compareExactly(row, alone);
}
function compareExactly({ data: joint }, { data: alone }) {
    const at = [];
    for (let i = 0; i < alone.length; ++i)
        if (joint[i] !== alone[i])
            at.push(i);
    const compared = alone.length;
    return { differs: at.length > 0, size: at.length, share: at.length / Math.max(1, compared), compared, at };
}
function compareFloats(joint, alone, { tolerance, least = 0, isLenient = false }) {
    const left = realsOf(joint);
    const right = realsOf(alone);
    const scale = Math.max(scaleOf(alone), least);
    const allowed = tolerance.absolute + tolerance.relative * scale;
    let size = 0;
    let compared = 0;
    for (let i = 0; i < right.length; ++i) {
        const x = left[i];
        const y = right[i];
        if (Number.isFinite(y))
            compared++;
        if (x === y || (Number.isNaN(x) && Number.isNaN(y)))
            continue;
        if (!Number.isFinite(y)) {
            if (!isLenient)
                return { ...unlike, compared };
            continue;
        }
        size = Math.max(size, Number.isFinite(x) ? Math.abs(x - y) : Infinity);
    }
    if (size === 0)
        return { ...alike, compared };
    return { differs: !(size <= allowed), size, share: scale > 0 ? size / scale : Infinity, compared, at: [] };
}
/** How much more a row may differ than it does when its own numbers are moved by a hair. */
const noise = 10;
/** Shares of themselves that numbers are moved by: some roundings of float32, and a hundred. */
export const hairs = [1e-6, -1e-6, 1e-5, -1e-5];
/**
 * Whether a deviation is rounding: the row's output moves about as much when its own input is moved by a hair, as near a tie
 * of two classes, or where large numbers cancel. Other batch sizes make other roundings.
 * @param moved the output's leaf for the row alone, moved by each of `hairs`
 */
export function isRounding(found, alone, moved) {
    if (found.size === Infinity || moved.length === 0)
        return false;
    const exact = { tolerance: { absolute: 0, relative: 0 } };
    if (dtypeTable[alone.dtype].kind !== 'float') {
        const flips = new Set(moved.flatMap((leaf) => compareRow(leaf, 0, alone, exact).at));
        return found.at.length > 0 && found.at.every((i) => flips.has(i));
    }
    const own = Math.max(...moved.slice(0, 2).map((leaf) => compareRow(leaf, 0, alone, { ...exact, isLenient: true }).size));
    return found.size <= noise * own;
}
/** Element by element: |x − y| ≤ absolute + relative × y's largest element. Integers and booleans must be equal. */
export function isClose(x, y, { absolute, relative }) {
    if (x.dtype !== y.dtype || x.shape.length !== y.shape.length || x.shape.some((size, i) => size !== y.shape[i]))
        return false;
    if (dtypeTable[x.dtype].kind !== 'float')
        return x.data.every((element, i) => element === y.data[i]);
    const left = realsOf(x);
    const right = realsOf(y);
    const allowed = absolute + relative * scaleOf(y);
    for (let i = 0; i < left.length; ++i) {
        const a = left[i];
        const b = right[i];
        if (a === b || (Number.isNaN(a) && Number.isNaN(b)))
            continue;
        // Infinity is within Infinity of anything.
        if (!Number.isFinite(a) || !Number.isFinite(b) || !(Math.abs(a - b) <= allowed))
            return false;
    }
    return true;
}
/** Tolerance of each leaf of a result. */
export function tolerancesOf(leaves, info, given) {
    return leaves.map((leaf) => toleranceOf(leaf, info, given));
}
