import { expected } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
/** Where nothing else is said. */
const full = { absolute: 0, relative: 1e-4 };
const half = { absolute: 0, relative: 1e-2 };
/** How far an output may be from what it should be: as given, else by the precision it was computed in. */
export function toleranceOf(output, { precision }, given) {
    if (given)
        return given;
    const isHalf = [output.dtype, precision].some((name) => ['float16', 'bfloat16', 'fp16', 'bf16'].includes(name));
    return isHalf ? half : full;
}
/** The tolerance of one precision; that of `auto`, the artifact's own dtypes, where `fp32` is all that is known. */
export function toleranceFor(tolerances, precision) {
    return tolerances?.[precision] ?? (precision === 'auto' ? tolerances?.fp32 : undefined);
}
/** @throws ERR_INVALID_ARGUMENT */
export function checkTolerance(tolerance) {
    const { absolute, relative } = (tolerance ?? {});
    if (!isBound(absolute) || !isBound(relative)) {
        throw expected('{ absolute, relative }, both at least 0', 'tolerance', tolerance);
    }
}
function isBound(value) {
    return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
