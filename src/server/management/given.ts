/** What the operator gave, as it was read at one moment. */
import { keyOf } from '../../serving/names.js';
import type { CatalogEntry } from './catalog.js';

/** One reference that the operator gave. */
export interface Given {
  readonly name: string;
  /** The version that it meant. */
  readonly version: string;
  /** How it is to be loaded, in words. */
  readonly options: string;
}

/** By `name reference`. */
export type AllGiven = ReadonlyMap<string, Given>;

/** A version of an entry, and by what it is named. */
export interface Part extends Given {
  readonly reference: string;
  readonly key: string;
}

export function partsOf({
  name,
  versions,
  references = versions,
  options,
  records,
}: CatalogEntry<unknown>): readonly Part[] {
  return versions.map((version, i) => {
    const reference = references[i] as string;
    const key = keyOf({ name, version: reference });
    return { name, version, reference, key, options: options + (records?.get(version) ?? '') };
  });
}

export function givenOf(entries: readonly CatalogEntry<unknown>[]): AllGiven {
  return new Map(entries.flatMap(partsOf).map(({ key, ...given }) => [key, given] as const));
}
