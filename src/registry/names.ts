import { describe, torchError } from '../errors.js';

/*
 * Names become folders, so they are held to grammars before they are joined to any path: no separator, no leading
 * dot, nothing that another file system would fold or escape.
 */
const namePattern = /^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,63}$/;
const versionPattern = /^v?[0-9]{1,9}(\.[0-9]{1,9}){0,2}$/;
const filePattern = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const isModelName = (value: unknown): value is string => typeof value === 'string' && namePattern.test(value);
export const isVersion = (value: unknown): value is string => typeof value === 'string' && versionPattern.test(value);
export const isFileName = (value: unknown): value is string => typeof value === 'string' && filePattern.test(value);

/**
 * A path below the folder of a version: plain names that every system reads alike, joined by `/`. At most 512 characters in 16
 * parts, of which each has at most 255 bytes.
 */
export function isRelativeFile(path: unknown): path is string {
  const parts = typeof path === 'string' && path.length <= 512 ? path.split('/') : [];
  const isPlain = (part: string) => !/^$|^\.\.?$|[\\:\p{Cc}\p{Cs}]/u.test(part) && Buffer.byteLength(part) <= 255;
  return parts.length > 0 && parts.length <= 16 && parts.every(isPlain);
}

/** Begins with a letter and looks like no version, in upper case or with too many digits either; no folder is ever called so. */
const aliasPattern = /^(?!latest$)(?!v\d+$)[a-z][a-z0-9_-]{0,63}$/i;

/** What a version may be called beside its number: `champion`. `latest` would promise what nobody keeps. */
export const isAlias = (value: unknown): value is string => typeof value === 'string' && aliasPattern.test(value);

/** Of an artifact's bytes: `sha256:` and 64 hex digits. */
export const isDigest = (value: unknown): value is `sha256:${string}` =>
  typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);

/** A reference as it is kept: other programs print digests in upper case. Anything else stays as it is. */
export const foldReference = (reference: string): string =>
  /^sha256:/i.test(reference) ? reference.toLowerCase() : reference;

/** How a version may be named after the `@` of `name@…`: by its number, by an alias, by the digest of its artifact. */
export const isReference = (value: unknown): value is string => isVersion(value) || isAlias(value) || isDigest(value);

/** @throws ERR_INVALID_ARGUMENT unless `name` is 1–64 of `a-z 0-9 . _ -`, begins with a letter or digit and holds no `..` */
export function checkName(name: unknown): asserts name is string {
  if (!isModelName(name)) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected a model name of 1 to 64 characters a-z 0-9 . _ - but received ${describe(name)}`,
    );
  }
}

/** @throws ERR_INVALID_ARGUMENT unless `version` is one to three numbers joined by dots, with or without a leading v */
export function checkVersion(version: unknown): asserts version is string {
  if (!isVersion(version)) {
    throw torchError('ERR_INVALID_ARGUMENT', `Expected a version such as v1.0 but received ${describe(version)}`);
  }
}

/** @throws ERR_INVALID_ARGUMENT unless it is 1–64 of `a-z A-Z 0-9 _ -`, begins with a letter and looks like no version */
export function checkAlias(alias: unknown): asserts alias is string {
  if (!isAlias(alias)) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      'Expected an alias such as champion: 1 to 64 characters a-z A-Z 0-9 _ -, the first one a letter, and neither a ' +
        `version nor latest; but received ${describe(alias)}`,
    );
  }
}

/** @throws ERR_INVALID_ARGUMENT unless it is a version, an alias or a digest */
export function checkReference(reference: unknown): asserts reference is string {
  if (!isReference(reference)) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected a version such as v1.0, an alias such as champion or sha256:<64 hex digits> but received ${describe(reference)}`,
    );
  }
}

/** Ascending by number: v1.2 before v1.10; 1.0 and v1.0.0 are equal in rank and ordered as text. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : Number(a > b);
}

/** The version meant when none is named: the only one, else v1.0; undefined where that does not decide. */
export function defaultVersion(versions: readonly string[]): string | undefined {
  return versions.length === 1 ? versions[0] : versions.find((version) => version === 'v1.0');
}

function numbers(version: string): number[] {
  return version.replace('v', '').split('.').map(Number);
}
