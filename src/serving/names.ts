import { basename, extname } from 'node:path';
import { describe, torchError, type TorchError } from '../errors.js';
import { isDigest } from '../registry/names.js';

/*
 * Names and versions become parts of URLs and labels of metrics: no separator, nothing that has to be escaped, and no part of a
 * path. Those of a registry, which become folders, are held to its own, narrower grammar as well.
 */
const grammar = /^(?!\.$)(?!.*\.\.)[A-Za-z0-9._-]{1,128}$/;
const words = '1 to 128 letters, digits, . _ or - without two dots in a row';

/** What a host may call a model, or a version of a file. */
export const isServedName = (value: unknown): value is string => typeof value === 'string' && grammar.test(value);

/**
 * @param where what the name is of, for the message
 * @param remedy how the caller gives another one, for the message
 * @throws ERR_INVALID_ARGUMENT
 */
export function checkServedName(where: string, value: unknown, remedy = ''): asserts value is string {
  if (isServedName(value)) return;
  throw torchError('ERR_INVALID_ARGUMENT', `Expected ${words} for ${where} but received ${describe(value)}${remedy}`);
}

/** How a caller may name what is served of a model: by a version, an alias, or `sha256:` and the digest of its artifact. */
export const isServedReference = (value: unknown): value is string => isServedName(value) || isDigest(value);

/** The version of a model file that is given none. */
export const fileVersion = '1';

/** What a model file is called that is given no name. */
export function stemOf(file: string): string {
  return basename(file, extname(file));
}

/** One version of one model in one text: neither has a space. */
export function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name} ${version}`;
}

/**
 * @param wanted where models were looked for
 * @param got what was found instead, in words
 */
export function noSuchModel(name: string, wanted = 'is served', got = `received ${describe(name)}`): TorchError {
  return torchError('ERR_MODEL_NOT_FOUND', `Expected a model that ${wanted} but ${got}`);
}

/**
 * @param known the versions that there are
 * @param why more of the version, in words
 */
export function noSuchVersion(name: string, known: readonly string[], version: unknown, why?: string): TorchError {
  const more = why === undefined ? '' : `: ${why}`;
  return torchError(
    'ERR_VERSION_NOT_FOUND',
    `Expected one of ${known.join(', ')} of ${name} but received ${describe(version)}${more}`,
  );
}

/** @throws ERR_INVALID_ARGUMENT unless a version, an alias or a digest may be called so */
export function checkServedReference(where: string, value: unknown): asserts value is string {
  if (isServedReference(value)) return;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected a version such as v1.0, an alias such as champion or sha256:<64 hex digits> for ${where} but received ${describe(value)}`,
  );
}
