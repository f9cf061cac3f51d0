import { boolean, integer, object, oneOf, text } from '../check.js';
import { expected } from '../errors.js';
import { checkCall } from './options.js';
const known = ['outputs', 'binary', 'id', 'parameters', 'priority', 'classification', 'compression', 'idempotent'];
/** @throws ERR_INVALID_ARGUMENT */
export function checkInferOptions(options) {
    checkCall('infer', options, known);
    const { outputs, binary, id, parameters, priority, classification, compression, idempotent } = options;
    if (outputs !== undefined) {
        if (!Array.isArray(outputs))
            throw expected('an array of names', 'outputs', outputs);
        for (const name of outputs)
            text('an item of outputs', name, 'a name');
    }
    if (binary !== undefined)
        boolean('binary', binary);
    if (idempotent !== undefined)
        boolean('idempotent', idempotent);
    if (id !== undefined)
        text('id', id);
    if (parameters !== undefined)
        checkParameters(parameters);
    if (priority !== undefined)
        integer('priority', priority, 0, 2 ** 32 - 1);
    if (classification !== undefined)
        integer('classification', classification, 1, 2 ** 31 - 1);
    if (compression !== undefined)
        oneOf('compression', compression, ['gzip', 'deflate']);
}
/** @throws ERR_INVALID_ARGUMENT */
export function checkParameters(parameters) {
    object('parameters', parameters);
    for (const [name, value] of Object.entries(parameters)) {
        if (['string', 'number', 'bigint', 'boolean'].includes(typeof value))
            continue;
        throw expected('a string, number, bigint or boolean', `the parameter ${name}`, value);
    }
}
/** The message of a call. @param timeoutMs told to the server, where the caller set one */
export function requestOf(inputs, { id, outputs, parameters, priority, classification }, timeoutMs, outputNames) {
    const own = { ...parameters };
    if (priority !== undefined)
        own['priority'] = priority;
    if (timeoutMs !== undefined)
        own['timeout'] = Math.max(1, Math.round(timeoutMs * 1000));
    const wanted = outputs ?? (classification === undefined ? undefined : outputNames);
    const asked = classification === undefined ? undefined : { parameters: { classification } };
    const requested = wanted?.map((name) => ({ name, ...asked }));
    return {
        ...(id !== undefined && { id }),
        ...(Object.keys(own).length > 0 && { parameters: own }),
        inputs,
        ...(requested && requested.length > 0 && { outputs: requested }),
    };
}
