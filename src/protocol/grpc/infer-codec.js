import { describe, torchError } from '../../errors.js';
import { elementCount } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { Pieces } from '../binary/pieces.js';
import { bytesOfTensor, tensorOfBytes } from '../binary/tensor-bytes.js';
import { datatypeOf, requireDatatype } from '../datatype.js';
import { limits } from '../json/limits.js';
import { requireSupported } from '../parameters.js';
import { canBeTyped, readTyped, writeTyped } from './typed-contents.js';
export function addressOf({ model_name, model_version }) {
    return { model: model_name, version: model_version === '' ? undefined : model_version };
}
/** Whether its inputs are raw bytes: its answer is then, too. */
export function isRaw({ inputs, raw_input_contents }) {
    return raw_input_contents.length > 0 || inputs.length === 0;
}
/**
 * What a request says. Every tensor has memory of its own.
 * @throws ERR_INVALID_INPUT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE for inputs that are not what they say
 */
export function requestOf(wire) {
    const { id, parameters, inputs, outputs } = wire;
    if (id.length > limits.id) {
        throw torchError('ERR_INVALID_INPUT', `Expected an id of at most ${limits.id} characters`);
    }
    requireFew('inputs', inputs.length);
    requireFew('outputs', outputs.length);
    const request = {
        ...(id !== '' && { id }),
        ...parametersOf(parameters),
        inputs: tensorsOf(inputs, wire.raw_input_contents, 'input'),
        ...(outputs.length > 0 && {
            outputs: outputs.map((output) => ({ name: output.name, ...parametersOf(output.parameters) })),
        }),
    };
    requireSupported(request);
    return request;
}
function requireFew(what, count) {
    if (count <= limits.tensors)
        return;
    throw torchError('ERR_INVALID_INPUT', `Expected at most ${limits.tensors} ${what} but received ${count}`);
}
/** What an answer says. @throws as `requestOf` */
export function responseOf(wire) {
    const { id, model_name, model_version, parameters, outputs } = wire;
    return {
        ...(id !== '' && { id }),
        modelName: model_name,
        modelVersion: model_version,
        ...parametersOf(parameters),
        outputs: tensorsOf(outputs, wire.raw_output_contents, 'output'),
    };
}
/** A request with its inputs as raw bytes, where they lie. */
export function wireRequest({ model, version }, request) {
    const { id = '', parameters, inputs, outputs = [] } = request;
    return {
        model_name: model,
        model_version: version ?? '',
        id,
        parameters: wireParameters(parameters),
        inputs: inputs.map((input) => wireTensor(input)),
        outputs: outputs.map((output) => ({ name: output.name, parameters: wireParameters(output.parameters) })),
        raw_input_contents: inputs.map(({ content }) => bytesOfTensor(content)),
    };
}
/** @param raw outputs as raw bytes, where they lie; else typed, where every output can be */
export function wireResponse(response, raw) {
    const { id = '', modelName, modelVersion, parameters, outputs } = response;
    // One answer has outputs of one form.
    const isTyped = !raw && outputs.every(({ content }) => canBeTyped(datatypeOfContent(content), content));
    return {
        model_name: modelName,
        model_version: modelVersion,
        id,
        parameters: wireParameters(parameters),
        outputs: outputs.map((output) => ({
            ...wireTensor(output),
            ...(isTyped && { contents: writeTyped(datatypeOfContent(output.content), output.content) }),
        })),
        raw_output_contents: isTyped ? [] : outputs.map(({ content }) => bytesOfTensor(content)),
    };
}
function tensorsOf(tensors, raw, kind) {
    if (raw.length === 0)
        return tensors.map((tensor) => ({ ...namedTensor(tensor, undefined, kind) }));
    const typed = tensors.find(({ contents }) => contents !== undefined);
    if (typed) {
        throw torchError('ERR_INVALID_INPUT', `Expected no contents for ${kind} ${describe(typed.name)}, because the message has raw_${kind}_contents`);
    }
    if (raw.length !== tensors.length) {
        throw torchError('ERR_INVALID_INPUT', `Expected as many raw_${kind}_contents as ${kind}s, ${tensors.length}, but received ${raw.length}`);
    }
    return tensors.map((tensor, i) => namedTensor(tensor, raw[i], kind));
}
function namedTensor(tensor, raw, kind) {
    const { name, parameters } = tensor;
    const where = `${kind} ${describe(name)}`;
    const datatype = requireDatatype(tensor.datatype, where);
    const shape = tensor.shape.map(Number);
    const elements = elementCount(shape);
    return { name, content: contentOf(where, datatype, shape, elements, tensor, raw), ...parametersOf(parameters) };
}
function contentOf(where, datatype, shape, elements, { contents }, raw) {
    if (raw)
        return tensorOfBytes(Pieces.of(raw), 0, raw.length, { where, datatype, shape, elements });
    return readTyped(where, datatype, shape, elements, contents ?? {});
}
function datatypeOfContent(content) {
    return content instanceof Tensor ? datatypeOf(content.dtype) : 'BYTES';
}
function wireTensor({ name, content, parameters }) {
    return { name, datatype: datatypeOfContent(content), shape: content.shape, parameters: wireParameters(parameters) };
}
function parametersOf(wire) {
    const names = Object.keys(wire);
    if (names.length === 0)
        return {};
    const parameters = Object.create(null);
    for (const name of names) {
        const value = valueOf(wire[name]);
        if (value === undefined) {
            throw torchError('ERR_INVALID_INPUT', `Expected a value for the parameter ${describe(name)} but received none`);
        }
        parameters[name] = value;
    }
    return { parameters };
}
function valueOf(parameter) {
    const { bool_param, int64_param, string_param, double_param, uint64_param } = parameter;
    return bool_param ?? int64_param ?? string_param ?? double_param ?? uint64_param;
}
function wireParameters(parameters = {}) {
    const wire = Object.create(null);
    for (const [name, value] of Object.entries(parameters))
        wire[name] = wireParameter(value);
    return wire;
}
const twoTo63 = 2n ** 63n;
function wireParameter(value) {
    if (typeof value === 'boolean')
        return { bool_param: value };
    if (typeof value === 'string')
        return { string_param: value };
    if (typeof value === 'number' && !Number.isSafeInteger(value))
        return { double_param: value };
    return BigInt(value) >= twoTo63 ? { uint64_param: value } : { int64_param: value };
}
