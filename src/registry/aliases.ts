/** aliases.json: what the versions of one model are called beside their numbers. */

import { describe, torchError } from '../errors.js';
import { isAlias, isVersion } from './names.js';

/** Aliases of one model. As many of the longest names and versions have 600 kB, which is read again at every look-up. */
export const mostAliases = 5000;

/**
 * @param what how messages call the file
 * @throws ERR_MANIFEST saying what is wrong. That a version is there is not looked at.
 */
export function parseAliases(text: string, what: string): Map<string, string> {
  const wrong = (detail: string) => torchError('ERR_MANIFEST', `Invalid ${what}: ${detail}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`expected JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw wrong(`expected an object but received ${describe(value)}`);
  const { schemaVersion, aliases, ...others } = value;
  if (schemaVersion !== 1) throw wrong(`/schemaVersion must be 1 but is ${describe(schemaVersion)}`);
  if (!isObject(aliases)) throw wrong(`/aliases must be an object but is ${describe(aliases)}`);
  const [other] = Object.keys(others);
  if (other !== undefined) throw wrong(`${describe(other)} is not a member of the schema`);
  const count = Object.keys(aliases).length;
  if (count > mostAliases) throw wrong(`/aliases must have at most ${mostAliases} members but has ${count}`);
  const known = new Map<string, string>();
  for (const [alias, version] of Object.entries(aliases)) {
    if (!isAlias(alias)) throw wrong(`${describe(alias)} is not a name for an alias`);
    if (!isVersion(version)) throw wrong(`the alias ${alias} must name a version but names ${describe(version)}`);
    known.set(alias, version);
  }
  return known;
}

/** The text of the file, the same for the same aliases. */
export function aliasesText(aliases: ReadonlyMap<string, string>): string {
  const sorted = [...aliases].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ schemaVersion: 1, aliases: Object.fromEntries(sorted) }, undefined, 2)}\n`;
}

/** The aliases of a version, or all of them, by the alphabet. */
export const aliasNames = (aliases: ReadonlyMap<string, string>, version?: string): string[] =>
  [...aliases].flatMap(([alias, to]) => (version === undefined || to === version ? alias : [])).sort();

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
