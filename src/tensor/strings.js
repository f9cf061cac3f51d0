import { torchError } from '../errors.js';
import { formatShape } from './shape.js';
/** Arrays that hold nothing: a shape of some bytes must not become millions of them. */
const maxEmpty = 1_000_000;
/** As a value: arrays in arrays. @throws ERR_BAD_OUTPUT for more than a million arrays around no string at all */
export function nestedStrings({ shape, data }) {
    if (data.length === 0 && shape.reduce((product, size) => product * Math.max(1, size), 1) > maxEmpty) {
        throw torchError('ERR_BAD_OUTPUT', `Expected strings but the model gave none, in shape ${formatShape(shape)}`);
    }
    let level = [...data];
    // From the innermost dimension outwards; the last step leaves one value, which is the whole.
    for (let axis = shape.length - 1; axis >= 0; --axis) {
        const size = shape[axis];
        const count = shape.slice(0, axis).reduce((product, each) => product * each, 1);
        level = Array.from({ length: count }, (_, i) => level.slice(i * size, (i + 1) * size));
    }
    return level[0];
}
