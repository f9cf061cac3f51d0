import { torchError } from '../../errors.js';
import { stringsType } from '../../signature/strings.js';
import { dtypeOfElement, elementName, stringElement } from './tensor-types.js';
/** What a graph's value is here; undefined for what is neither a dense tensor of our dtypes nor strings. */
export function specOf({ name, kind, elementType, shape = null, symbols }) {
    if (kind !== 'tensor')
        return undefined;
    const named = symbols ? { symbols } : {};
    if (elementType === stringElement) {
        return { name, dtype: null, shape, type: stringsType(shape?.length ?? null), ...named };
    }
    const dtype = dtypeOfElement[elementType];
    return dtype && { name, dtype, shape, ...named };
}
/** @throws ERR_UNSUPPORTED_TYPE for what is no tensor of our dtypes or of strings */
export function inputSpec(value) {
    const spec = specOf(value);
    if (spec)
        return spec;
    throw unsupported(`the model's input ${value.name} is ${whatIs(value)}`);
}
/** @param got e.g. `the model's input x is a sequence` */
export function unsupported(got) {
    return torchError('ERR_UNSUPPORTED_TYPE', `Expected tensors of ${Object.values(dtypeOfElement).join(', ')} or strings but ${got}`);
}
/** `a sequence`, `a bfloat16 tensor` */
export function whatIs({ kind, elementType }) {
    return kind === 'tensor' ? `a ${elementName(elementType)} tensor` : nameOfKind(kind);
}
function nameOfKind(kind) {
    return kind === 'nothing' ? 'of unknown type' : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
/** With the shape that ONNX Runtime inferred where the file leaves it out. Its [] may also mean that it does not know. */
export function withInferredShape(spec, inferred) {
    const shape = inferred?.shape ?? [];
    if (spec.shape || shape.length === 0)
        return spec;
    const isTensor = spec.dtype !== null;
    return { ...spec, shape, ...(!isTensor && { type: stringsType(shape.length) }) };
}
