/** The entries of the setting `models`: what no schema says of them, and the one form that they have afterwards. */
import { resolve } from 'node:path';
import { describe, torchError } from '../../errors.js';
import { isModelName, isVersion } from '../../registry/names.js';
import { isServedName } from '../../serving/names.js';
/** The names in words. */
export const servedNames = '1 to 128 letters, digits, . _ or - without two dots in a row';
/**
 * The models as a list, with names, lists of versions and whole paths.
 * @param paths the settings that are paths
 * @param from the folder that paths are relative to
 * @throws ERR_CONFIG naming the entry
 */
export function entriesOf(setting, given, paths, from) {
    return Object.entries(given).map(([key, entry]) => {
        const at = placeOf(setting, given, key);
        const { name: _name, version: _version, versions: _versions, ...options } = entry;
        const identity = identityOf(at, entry, Array.isArray(given) ? undefined : key);
        return { ...identity, ...options, ...pathsFrom(from, entry, ['file', ...paths]) };
    });
}
/** `models[0]` of a list, `models.digits` of a map. */
export function placeOf(setting, given, key) {
    return Array.isArray(given) ? `${setting}[${key}]` : `${setting}.${key}`;
}
function identityOf(at, { name: own, file, version, versions }, key) {
    if (key !== undefined && own !== undefined && own !== key) {
        throw fault(`no name but the key of ${at}`, describe(own));
    }
    const name = key ?? own;
    if (name === undefined && file === undefined)
        throw fault(`a file or a name in ${at}`, 'neither');
    if (name !== undefined && !isServedName(name))
        throw fault(`${servedNames} for the name of ${at}`, describe(name));
    if (version !== undefined && versions !== undefined)
        throw fault(`version or versions in ${at}`, 'both');
    const named = name !== undefined && { name };
    if (file !== undefined) {
        if (versions)
            throw fault(`one version of the file of ${at}`, 'versions');
        if (version !== undefined && !isServedName(version))
            throw fault(`${servedNames} for the version of ${at}`, describe(version));
        return { ...named, ...(version !== undefined && { version }) };
    }
    const chosen = version === undefined ? versions : [version];
    checkRegistered(at, name, chosen);
    return { ...named, ...(chosen && { versions: chosen }) };
}
/** @throws ERR_CONFIG unless a model of the registry may be called so */
export function checkRegistered(at, name, versions = []) {
    if (!isModelName(name)) {
        const words = '1 to 64 lower-case letters, digits, . _ or -';
        throw fault(`a file, or a name as in the registry (${words}), in ${at}`, `the name ${describe(name)} alone`);
    }
    const bad = versions.find((one) => !isVersion(one));
    if (bad !== undefined)
        throw fault(`a version such as v1.0 in ${at}`, describe(bad));
    const twice = versions.find((one, i) => versions.indexOf(one) !== i);
    if (twice !== undefined)
        throw fault(`each version once in ${at}`, `${describe(twice)} twice`);
}
function pathsFrom(from, entry, paths) {
    const given = paths.filter((path) => entry[path] !== undefined);
    return Object.fromEntries(given.map((path) => [path, pathFrom(from, entry[path])]));
}
/** A path, or each of a list, as seen from a folder. */
export const pathFrom = (from, value) => typeof value === 'string' ? resolve(from, value) : value.map((path) => resolve(from, path));
function fault(wanted, got) {
    return torchError('ERR_CONFIG', `Expected ${wanted} but received ${got}`);
}
