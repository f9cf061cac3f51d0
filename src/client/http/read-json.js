import { torchError } from '../../errors.js';
import { datatypeTable } from '../../protocol/datatype.js';
import { stateOf } from '../states.js';
/** @throws ERR_BAD_ANSWER */
export function serverMetadataOf(body) {
    const { name, version, extensions } = objectOf(body, 'the answer');
    return { name: text(name), version: text(version), extensions: texts(extensions, 'extensions') };
}
/** @throws ERR_BAD_ANSWER */
export function metadataOf(body) {
    const { name, versions, platform, inputs, outputs } = objectOf(body, 'the answer');
    if (typeof name !== 'string')
        throw wrong('a string for name');
    return {
        name,
        versions: texts(versions, 'versions'),
        platform: text(platform),
        inputs: tensors(inputs, 'inputs'),
        outputs: tensors(outputs, 'outputs'),
    };
}
/** @throws ERR_BAD_ANSWER */
export function configOf(body) {
    return objectOf(body, 'the answer');
}
/** @throws ERR_BAD_ANSWER */
export function statisticsOf(body) {
    return items(objectOf(body, 'the answer')['model_stats'], 'model_stats').map((item) => objectOf(item, 'model_stats'));
}
/** @throws ERR_BAD_ANSWER */
export function indexOf(body) {
    return items(body, 'the answer').map((item) => {
        const { name, version, state, reason } = objectOf(item, 'an entry');
        return { name: text(name), version: text(version), state: stateOf(state), reason: text(reason) };
    });
}
/** KServe's `GET /v2/models`. @throws ERR_BAD_ANSWER */
export function modelsOf(body) {
    const names = texts(objectOf(body, 'the answer')['models'], 'models');
    return names.map((name) => ({ name, version: '', state: 'UNKNOWN', reason: '' }));
}
function tensors(value, where) {
    return items(value ?? [], where).map((item) => {
        const { name, datatype, shape } = objectOf(item, where);
        if (typeof name !== 'string')
            throw wrong(`a string for the name in ${where}`);
        const sizes = items(shape ?? [], `the shape of ${name}`);
        if (!sizes.every((size) => Number.isSafeInteger(size)))
            throw wrong(`integers for the shape of ${name}`);
        const known = typeof datatype === 'string' && Object.hasOwn(datatypeTable, datatype);
        return { name, datatype: known ? datatype : '', shape: sizes };
    });
}
function objectOf(value, where) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return value;
    throw wrong(`an object for ${where}`);
}
function items(value, where) {
    if (Array.isArray(value))
        return value;
    throw wrong(`an array for ${where}`);
}
/** Nothing, or null, is empty. */
function text(value) {
    if (value === undefined || value === null)
        return '';
    if (typeof value === 'string')
        return value;
    throw wrong('a string');
}
function texts(value, where) {
    return items(value ?? [], where).map((item) => {
        if (typeof item === 'string')
            return item;
        throw wrong(`strings for ${where}`);
    });
}
const wrong = (what) => torchError('ERR_BAD_ANSWER', `Expected ${what}`);
