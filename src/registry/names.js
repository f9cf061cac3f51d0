import { describe, torchError } from '../errors.js';
/*
 * Names become folders, so they are held to grammars before they are joined to any path: no separator, no leading
 * dot, nothing that another file system would fold or escape.
 */
const namePattern = /^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,63}$/;
const versionPattern = /^v?[0-9]{1,9}(\.[0-9]{1,9}){0,2}$/;
const filePattern = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const isModelName = (value) => typeof value === 'string' && namePattern.test(value);
export const isVersion = (value) => typeof value === 'string' && versionPattern.test(value);
export const isFileName = (value) => typeof value === 'string' && filePattern.test(value);
/** @throws ERR_INVALID_ARGUMENT unless `name` is 1–64 of `a-z 0-9 . _ -`, begins with a letter or digit and holds no `..` */
export function checkName(name) {
    if (!isModelName(name)) {
        throw torchError('ERR_INVALID_ARGUMENT', `Expected a model name of 1 to 64 characters a-z 0-9 . _ - but received ${describe(name)}`);
    }
}
/** @throws ERR_INVALID_ARGUMENT unless `version` is one to three numbers joined by dots, with or without a leading v */
export function checkVersion(version) {
    if (!isVersion(version)) {
        throw torchError('ERR_INVALID_ARGUMENT', `Expected a version such as v1.0 but received ${describe(version)}`);
    }
}
/** Ascending by number: v1.2 before v1.10; 1.0 and v1.0.0 are equal in rank and ordered as text. */
export function compareVersions(a, b) {
    const [left, right] = [numbers(a), numbers(b)];
    for (let index = 0; index < 3; index++) {
        const difference = (left[index] ?? 0) - (right[index] ?? 0);
        if (difference !== 0)
            return difference;
    }
    return a < b ? -1 : Number(a > b);
}
/** The version meant when none is named: the only one, else v1.0; undefined where that does not decide. */
export function defaultVersion(versions) {
    return versions.length === 1 ? versions[0] : versions.find((version) => version === 'v1.0');
}
function numbers(version) {
    return version.replace('v', '').split('.').map(Number);
}
