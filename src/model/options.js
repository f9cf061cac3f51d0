import * as check from '../check.js';
import { expected, torchError } from '../errors.js';
import { availableCores } from './threads.js';
import { checkSha256 } from './artifact.js';
import { copied } from './frozen.js';
import { checkSignature } from '../signature/check.js';
const choices = {
    precision: ['auto', 'fp32', 'fp16', 'bf16'],
    outputDtype: ['float32', 'native'],
    optimize: ['none', 'freeze', 'inference'],
};
const known = [
    ...['engine', 'device', 'instances', 'maxPending', 'operatorLibraries', 'signature', 'sha256', 'externalSha256'],
    ...['autograd', 'externalDataRoot', 'signal', ...Object.keys(choices)],
];
/**
 * Checks the options that every engine has and fills in defaults; `engine` is checked against the table of engines.
 * @throws ERR_INVALID_ARGUMENT for an unknown option or a value it cannot have
 */
export function resolveLoadOptions(options) {
    check.options('loadModel', options, known);
    for (const [name, allowed] of Object.entries(choices)) {
        const value = options[name];
        if (value !== undefined)
            check.oneOf(name, value, allowed);
    }
    if (options.sha256 !== undefined)
        checkSha256(options.sha256);
    if (options.externalSha256 !== undefined) {
        check.object('externalSha256', options.externalSha256);
        for (const digest of Object.values(options.externalSha256))
            checkSha256(digest);
    }
    if (options.externalDataRoot !== undefined && !isPath(options.externalDataRoot)) {
        throw expected('a path', 'externalDataRoot', options.externalDataRoot);
    }
    const signature = options.signature && copied('signature', options.signature);
    if (signature !== undefined)
        checkSignature(signature);
    check.signal(options.signal);
    checkAutograd(options);
    const { instances = 1, maxPending = 1024, device = 'auto', operatorLibraries = [] } = options;
    checkOperatorLibraries(operatorLibraries);
    check.integer('instances', instances, 1, 256);
    check.integer('maxPending', maxPending, 0, 1_000_000);
    if (typeof device !== 'string')
        throw expected("'auto', 'cpu', 'cuda' or 'cuda:<index>'", 'device', device);
    return {
        device,
        precision: options.precision ?? 'auto',
        outputDtype: options.outputDtype ?? 'float32',
        instances,
        maxPending,
        optimize: options.optimize ?? 'freeze',
        operatorLibraries,
        ...(options.autograd !== undefined && { autograd: options.autograd }),
        ...(signature && { signature }),
        ...(options.sha256 !== undefined && { sha256: options.sha256 }),
        ...(options.externalSha256 && { externalSha256: options.externalSha256 }),
        ...(options.externalDataRoot !== undefined && { externalDataRoot: options.externalDataRoot }),
        ...(options.signal && { signal: options.signal }),
    };
}
/** @throws ERR_INVALID_ARGUMENT for what is no boolean, and for a rewrite that gradients do not survive */
function checkAutograd({ autograd, optimize }) {
    if (autograd === undefined)
        return;
    check.boolean('autograd', autograd);
    if (!autograd || optimize !== 'inference')
        return;
    throw torchError('ERR_INVALID_ARGUMENT', "Expected optimize 'freeze' or 'none' with autograd: true but received 'inference', which rewrites the graph for runs without gradients");
}
const runOptions = ['signal', 'timeoutMs'];
/**
 * @param more names of options that the caller checks
 * @param internal names that only this package gives
 * @throws ERR_INVALID_ARGUMENT
 */
export function checkRunOptions(options, more = [], internal = []) {
    check.options('a run', options, more.length > 0 ? [...runOptions, ...more] : runOptions, internal);
    const { signal, timeoutMs } = options;
    check.signal(signal);
    if (timeoutMs !== undefined)
        check.milliseconds('timeoutMs', timeoutMs);
}
/**
 * Checks a choice of outputs.
 * @param known those that the engine can choose from; undefined for one that cannot
 * @throws ERR_INVALID_ARGUMENT
 */
export function checkOutputs(outputs, known) {
    if (!known) {
        throw torchError('ERR_INVALID_ARGUMENT', 'Expected no outputs for a run of this model: its method returns all that it returns (ONNX models have the choice)');
    }
    if (!Array.isArray(outputs) || outputs.length === 0)
        throw expected('an array of names', 'outputs', outputs);
    for (const [i, name] of outputs.entries()) {
        if (!known.includes(name))
            throw expected(`one of ${known.join(', ')}`, `outputs[${i}]`, name);
        if (outputs.indexOf(name) !== i)
            throw expected('each output once', `outputs[${i}]`, name);
    }
}
/** @throws ERR_INVALID_ARGUMENT when one model's instances would have more threads than there are cores */
export function checkThreads(intraOp, instances) {
    const cores = Math.max(1, Math.floor(availableCores()));
    if (instances * intraOp <= cores)
        return;
    throw torchError('ERR_INVALID_ARGUMENT', `Expected instances × intra-op threads to be at most the ${cores} cores but received ${instances} × ${intraOp}; ` +
        'lower instances, or intraOpThreads with runtime.configure() before the first load');
}
const maxLibraries = 64;
/** @throws ERR_INVALID_ARGUMENT unless it is a list of paths */
function checkOperatorLibraries(paths) {
    const ok = Array.isArray(paths) && paths.length <= maxLibraries && paths.every(isPath);
    if (!ok)
        throw expected(`an array of at most ${maxLibraries} paths`, 'operatorLibraries', paths);
}
function isPath(path) {
    return typeof path === 'string' && path !== '' && !path.includes('\0');
}
