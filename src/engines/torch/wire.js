import { dtypeTable } from '../../tensor/dtype.js';
import { Tensor } from '../../tensor/tensor.js';
import { checkContainer, checkedLeaf, entriesOf, isContainer } from '../../tensor/value.js';
/** A value as the addon takes it. @throws ERR_INVALID_INPUT for what no model can take */
export function toWire(value, where, depth = 0) {
    if (value instanceof Tensor)
        return value;
    if (!isContainer(value))
        return checkedLeaf(value, where);
    checkContainer(value, where, depth);
    if (Array.isArray(value))
        return value.map((item, i) => toWire(item, `${where}[${i}]`, depth + 1));
    const entries = entriesOf(value);
    return {
        keys: entries.map(([key]) => key),
        values: entries.map(([key, item]) => toWire(item, `${where}.${String(key)}`, depth + 1)),
    };
}
/** Bound arguments as the addon takes them: undefined stays, for a default. `names` are for messages. */
export function argumentsToWire(values, names) {
    return values.map((value, i) => (value === undefined ? undefined : toWire(value, names[i] ?? `argument ${i}`)));
}
/** What the addon returned, as a caller sees it. */
export function fromWire(value) {
    if (value === null || typeof value !== 'object')
        return value;
    if (Array.isArray(value))
        return value.map(fromWire);
    if ('keys' in value)
        return dictFromWire(value);
    const { dtype, shape, data } = value;
    return new Tensor(dtype, ofThisRealm(dtype, data), shape);
}
/** In a vm context (Jest, vitest's vmThreads) the addon's arrays are another realm's, which `instanceof` does not know. */
function ofThisRealm(dtype, data) {
    const { array, bytes } = dtypeTable[dtype];
    return data instanceof array ? data : new array(data.buffer, data.byteOffset, data.byteLength / bytes);
}
function dictFromWire({ keys, values }) {
    const entries = keys.map((key, i) => [fromWire(key), fromWire(values[i])]);
    // fromEntries defines own members, so a key like __proto__ is data and nothing else.
    if (keys.every((key) => typeof key === 'string'))
        return Object.fromEntries(entries);
    return new Map(entries);
}
