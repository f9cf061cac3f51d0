import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { digestFile } from '../../files/hash.js';
import type { ModelRecord } from '../../registry/index.js';

/** A model that may be loaded, and what it is made of. `Spec` is what whoever loads it is told. */
export interface CatalogEntry<Spec> {
  readonly name: string;
  /** In the order of preference: the first is the default. None where it is not known which are meant. */
  readonly versions: readonly string[];
  /** Why the registry could not say what is meant, at this moment perhaps. What serves by that name goes on. */
  readonly fault?: unknown;
  /** What each of the versions was named by: itself, or an alias of it. Default: the versions. */
  readonly references?: readonly string[];
  readonly spec: Spec;
  /** The options in words: another text means that it is to be loaded anew. */
  readonly options: string;
  /** Of a file without a record: its bytes may change. */
  readonly file?: string;
  /** Of the registry: the digest that each version's record names. */
  readonly digests?: ReadonlyMap<string, string>;
  /** Of the registry: each version's record in words. Another text means that the version is to be loaded anew. */
  readonly records?: ReadonlyMap<string, string>;
  /** Of the registry: what each alias of the name means. */
  readonly aliases?: Aliases;
}

/** Versions by alias. */
export type Aliases = ReadonlyMap<string, string>;

/** All that may be loaded by its name. */
export interface Catalog<Spec> {
  /** What the operator gave. It is read anew, and may be another list each time. */
  given(): Promise<readonly CatalogEntry<Spec>[]>;
  /**
   * What was given by that name, or the registry holds: at least one.
   * @param version one of them, an alias or a digest; default: all that were given, else the registry's default
   * @param aliases what aliases mean. Default: what the registry says
   * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND
   */
  find(name: string, version?: string, aliases?: Aliases): Promise<readonly CatalogEntry<Spec>[]>;
  /** The same with these of its references alone. */
  part?(entry: CatalogEntry<Spec>, references: readonly string[]): CatalogEntry<Spec>;
  /** Where aliases are kept; undefined where nothing keeps them. */
  readonly aliases?: AliasBook | undefined;
}

/** What the registry says of aliases, and of what they mean. */
export interface AliasBook {
  /** @throws as ModelRegistry.record */
  record(name: string, version: string): Promise<ModelRecord>;
  /** @throws ERR_MODEL_NOT_FOUND, ERR_STORAGE */
  of(name: string): Promise<Aliases>;
  /** The version that is meant by a version, an alias or a digest. @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_STORAGE */
  versionOf(name: string, reference: string): Promise<string>;
  /**
   * @param version undefined: the alias is no more
   * @param signal ends the wait for another writer
   * @throws ERR_VERSION_NOT_FOUND, ERR_REGISTRY_LOCKED, ERR_STORAGE, ERR_STORAGE_FULL: nothing was changed
   */
  set(name: string, alias: string, version: string | undefined, signal?: AbortSignal): Promise<void>;
}

/** Tells whether files have changed: by time and size, and where those differ by the digest. */
export class ChangedFiles {
  readonly #served = new Map<string, string>();

  /** Looks at a file before it is loaded: what changes from now on is a change. One that is not there says so when it is loaded. */
  async look(path: string): Promise<string | undefined> {
    const now = await stat(path).catch(() => undefined);
    return now && marksOf(now);
  }

  /** What was looked at is what serves. */
  serves(path: string, marks: string | undefined): void {
    if (marks === undefined) this.#served.delete(path);
    else this.#served.set(path, marks);
  }

  /** @param digest sha256 of the bytes that are served */
  async hasChanged(path: string, digest: string | undefined): Promise<boolean> {
    const marks = await this.look(path);
    // What is not there any more says so when it is loaded.
    if (marks === undefined) return true;
    if (this.#served.get(path) === marks) return false;
    const { sha256 } = await digestFile(path, 'the model file');
    if (sha256 !== digest) return true;
    this.#served.set(path, marks);
    return false;
  }
}

function marksOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join(' ');
}
