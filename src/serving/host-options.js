/** What a host is told, and what it tells. */
import * as check from '../check.js';
import { describe, expected, torchError } from '../errors.js';
import { checkBatchSizes, checkHostModels, sourcesOf } from './host-model.js';
const hostOptions = ['registry', 'models', 'defaultModel', 'warmupBatchSizes', 'onModelError', 'drainTimeoutMs'];
/** @throws ERR_INVALID_ARGUMENT for an option; ERR_CONFIG for a default that is none of the models, and a version that comes twice */
export function checkHostOptions(options) {
    check.options('ModelHost', options, hostOptions, ['mayLackDefault']);
    const { models, registry, warmupBatchSizes, onModelError, drainTimeoutMs } = options;
    checkHostModels(models);
    if (warmupBatchSizes !== undefined)
        checkBatchSizes('warmupBatchSizes', warmupBatchSizes);
    if (onModelError !== undefined)
        check.oneOf('onModelError', onModelError, ['fail', 'continue']);
    if (drainTimeoutMs !== undefined)
        check.milliseconds('drainTimeoutMs', drainTimeoutMs);
    if (registry !== undefined && !isRegistry(registry)) {
        throw expected('a ModelRegistry', 'registry of ModelHost', registry);
    }
    const sources = models.flatMap(sourcesOf);
    const seen = new Set();
    for (const source of sources) {
        const key = `${source.name} ${source.version ?? ''}`;
        if (seen.has(key))
            throw twice(source);
        seen.add(key);
    }
    const names = [...new Set(sources.map(({ name }) => name))];
    const defaultModel = options.defaultModel ?? names[0];
    if (defaultModel === undefined || (!names.includes(defaultModel) && !options.mayLackDefault)) {
        throw torchError('ERR_CONFIG', `Expected one of the models (${names.join(', ')}) for defaultModel but received ${describe(defaultModel)}`);
    }
    return { sources, defaultModel };
}
/** @throws ERR_INVALID_ARGUMENT */
export function checkLoadOptions(options) {
    check.options('load', options, ['signal', 'beforeSwap']);
    check.signal(options.signal);
    const { beforeSwap } = options;
    if (beforeSwap !== undefined && typeof beforeSwap !== 'function') {
        throw expected('a function', 'beforeSwap', beforeSwap);
    }
}
/** @throws ERR_INVALID_ARGUMENT */
export function checkUnloadOptions(options) {
    check.options('unload', options, ['signal']);
    check.signal(options.signal);
}
/** The error for a version of a name that is there already. */
export function twice({ name, version }) {
    const what = version === undefined ? describe(name) : `${describe(name)} ${version}`;
    return torchError('ERR_CONFIG', `Expected each version of each model name once but received ${what} twice`);
}
function isRegistry(registry) {
    const { resolve, artifactPath } = (registry ?? {});
    return typeof resolve === 'function' && typeof artifactPath === 'function';
}
