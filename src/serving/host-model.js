/** What a caller says of the models of a host, checked before anything is loaded. */
import { basename, extname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { resolveBatchOptions } from '../batching/index.js';
import * as check from '../check.js';
import { expected, torchError } from '../errors.js';
import { signatureOf } from '../registry/index.js';
import { checkTolerance } from '../signature/tolerance.js';
import { checkServedName } from './names.js';
const defaultFileVersion = '1';
/** The versions of a model that was checked. */
export function sourcesOf(model) {
    const { load, warmup, batching } = model;
    const options = {
        ...(load !== undefined && { load }),
        ...(warmup !== undefined && { warmup }),
        ...(batching !== undefined && { batching }),
    };
    if (isFileModel(model)) {
        const { file, name = stem(file), version = defaultFileVersion, task } = model;
        return [{ name, version, file, options: { ...options, ...(task && { task }) } }];
    }
    const { name, versions = [undefined] } = model;
    return versions.map((version) => ({ name, version, file: undefined, options }));
}
export function isFileModel(model) {
    return model.file !== undefined;
}
function stem(file) {
    return basename(file, extname(file));
}
const modelOptions = ['name', 'versions', 'version', 'file', 'task', 'load', 'warmup', 'batching'];
const warmupOptions = ['example', 'batchSizes', 'tolerance'];
/** @throws ERR_INVALID_ARGUMENT unless it is a list of models with values that they can have */
export function checkHostModels(models) {
    if (!Array.isArray(models))
        throw expected('an array of { name } or { file }', 'models of ModelHost', models);
    for (const model of models)
        checkHostModel(model);
}
/** @throws ERR_INVALID_ARGUMENT unless it is a list of sizes */
export function checkBatchSizes(name, sizes) {
    if (!Array.isArray(sizes) || sizes.length === 0)
        throw expected('an array of at least one size', name, sizes);
    for (const size of sizes)
        check.integer(`a size in ${name}`, size, 1, 1_000_000);
}
/** @throws ERR_INVALID_ARGUMENT unless it is a model with values that it can have */
export function checkHostModel(model) {
    if (typeof model !== 'object' || model === null || !('name' in model || 'file' in model)) {
        throw expected('an array of { name } or { file }', 'models of ModelHost', model);
    }
    check.options('a model of ModelHost', model, modelOptions);
    const { name, file, version, versions, task, load, warmup, batching } = model;
    if (name !== undefined || file === undefined) {
        check.text('name of a model of ModelHost', name);
        checkServedName('name of a model of ModelHost', name);
    }
    if (file !== undefined) {
        check.text('file of a model of ModelHost', file, 'a path');
        if (name === undefined)
            checkServedName('the name of a model file', stem(file), ': give { file, name } (serve: --name)');
    }
    if (version !== undefined) {
        if (file === undefined)
            throw expected('versions: [version] of a name', 'version of a model of ModelHost', version);
        checkServedName('version of a model of ModelHost', version);
    }
    if (versions !== undefined) {
        if (file !== undefined)
            throw expected('no versions with a file', 'versions of a model of ModelHost', versions);
        const isList = Array.isArray(versions) && versions.length > 0 && versions.every((one) => typeof one === 'string');
        if (!isList)
            throw expected('an array of at least one version', 'versions of a model of ModelHost', versions);
        const again = versions.find((each, i) => versions.indexOf(each) !== i);
        if (again !== undefined)
            throw expected('each version once', 'versions of a model of ModelHost', again);
    }
    if (task !== undefined) {
        if (file === undefined)
            throw expected('no task without a file', 'task of a model of ModelHost', task);
        if (typeof task !== 'function')
            check.object('task of a model of ModelHost', task);
    }
    if (load !== undefined)
        check.object('load of a model of ModelHost', load);
    if (warmup !== undefined && warmup !== false) {
        if (typeof warmup !== 'object')
            throw expected('options or false', 'warmup of a model of ModelHost', warmup);
        check.options('warmup of a model of ModelHost', warmup, warmupOptions);
        const { batchSizes, tolerance } = warmup;
        if (batchSizes !== undefined)
            checkBatchSizes('batchSizes', batchSizes);
        if (tolerance !== undefined)
            checkTolerance(tolerance);
    }
    if (batching !== undefined && batching !== false) {
        if (typeof batching !== 'object')
            throw expected('options or false', 'batching of a model of ModelHost', batching);
        resolveBatchOptions(batching);
    }
}
/**
 * What the caller says of an artifact must be what its record says, which counts.
 * @throws ERR_INTEGRITY for another digest, ERR_INVALID_ARGUMENT for another engine or signature
 */
export function requireNoContradiction(load, record) {
    const { sha256, engine, signature } = load;
    if (sha256 !== undefined && sha256 !== record.artifact.sha256) {
        throw torchError('ERR_INTEGRITY', `Expected sha256 ${sha256} (load.sha256) but the record says ${record.artifact.sha256}`);
    }
    if (engine !== undefined && engine !== record.engine) {
        throw expected(`${record.engine}, as the record says, or none`, 'load.engine', engine);
    }
    if (signature === undefined)
        return;
    const known = [record.signature, signatureOf(record)];
    if (known.some((one) => isDeepStrictEqual(plain(one), plain(signature))))
        return;
    throw torchError('ERR_INVALID_ARGUMENT', 'Expected no load.signature but that of the record, which counts; change the record, or serve the file by { file }');
}
function plain(value) {
    return JSON.parse(JSON.stringify(value));
}
