import { describe, TorchError, torchError } from '../errors.js';
import { isFileModel, sourcesOf } from './host-model.js';
/**
 * What `ModelHost.load` means by a model: a file; or, by its name, what the host knows already, from where it came and with
 * the options that it had; else a model of the registry. A name leads to no path.
 * @throws ERR_MODEL_NOT_FOUND or ERR_VERSION_NOT_FOUND for what nobody knows
 */
export async function sourcesToLoad(model, catalogue, registry) {
    const given = sourcesOf(model);
    if (isFileModel(model))
        return given;
    const { name, versions } = model;
    const known = catalogue.slots(name).map(({ source }) => source);
    const [{ options }] = given;
    if (versions === undefined && known.length > 0)
        return known.map((source) => over(source, options));
    const kept = await versionsOf(name, registry);
    if (known.length === 0 && kept?.length === 0) {
        const message = `Expected a model that this host or its registry knows but received ${describe(name)}`;
        throw torchError('ERR_MODEL_NOT_FOUND', message);
    }
    // Further versions are loaded as those were that are there.
    const like = known.find(({ file }) => file === undefined)?.options ?? {};
    return given.map((source) => {
        const { version } = source;
        const same = known.find((each) => each.version === version);
        if (same)
            return over(same, options);
        if (version !== undefined && kept && !kept.includes(version)) {
            const all = [...new Set([...known.flatMap((each) => each.version ?? []), ...kept])].join(', ');
            throw torchError('ERR_VERSION_NOT_FOUND', `Expected one of ${all} of ${name} but received ${describe(version)}`);
        }
        return { ...source, options: { ...like, ...options } };
    });
}
function over(source, options) {
    return { ...source, options: { ...source.options, ...options } };
}
/** Of the registry; none of a name that it cannot have, and undefined where it does not list any. */
async function versionsOf(name, registry) {
    try {
        return await (await registry()).versions?.(name);
    }
    catch (error) {
        const { code } = error;
        if (code === 'ERR_INVALID_ARGUMENT' || code === 'ERR_MODEL_NOT_FOUND')
            return [];
        throw error;
    }
}
