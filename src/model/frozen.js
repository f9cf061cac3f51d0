import { expected } from '../errors.js';
import { isPlainObject } from '../tensor/value.js';
/** A value of plain objects and arrays that nobody changes any more, neither its maker nor its reader. */
export function frozen(value) {
    if (!Array.isArray(value) && !isPlainObject(value))
        return value;
    for (const member of Object.values(value))
        frozen(member);
    return Object.freeze(value);
}
/** A copy of what a caller gave, taken before it is checked: what the caller does to it later was not. @throws ERR_INVALID_ARGUMENT */
export function copied(name, value) {
    try {
        return structuredClone(value);
    }
    catch {
        throw expected('plain objects, arrays, numbers and texts', name, value);
    }
}
