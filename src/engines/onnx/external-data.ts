import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, torchError } from '../../errors.js';
import type { ExternalFile } from '../../model/info.js';
import { ExternalFileHandle, unsafe, type ExternalPlace } from './external-file.js';
import type { ExternalTensor } from './proto-tensor.js';

/** One file for every tensor of a large model are hundreds. */
const maxFiles = 10_000;

/** From so many bytes of weights in all, ONNX Runtime maps the files instead of getting a copy of their bytes. */
const mappedFrom = 64 * 2 ** 20;
/** Below it a file is read all the same: a descriptor for each of thousands would be too many. */
const smallestMapped = 2 ** 20;

/** ONNX Runtime looks for external data below this folder, so that a place is that of a descriptor. */
export const descriptorRoot = '/';

export interface ExternalOptions {
  /** What is expected, by name; with `pinned` every file needs one. */
  readonly digests?: Readonly<Record<string, string>> | undefined;
  readonly pinned: boolean;
  /** A folder that symbolic links may lead into. */
  readonly root?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The files that hold a model's weights, hashed, for as long as the model loads. */
export class ExternalData {
  readonly files: readonly ExternalFile[];
  /** Bytes, under the names that `locations` gives them. */
  readonly inMemory: readonly { readonly path: string; readonly data: SharedArrayBuffer }[];
  /** What a location in the file becomes: a name of `inMemory`, or the path of a descriptor below `descriptorRoot`. */
  readonly locations: ReadonlyMap<string, string>;
  readonly #mapped: readonly ExternalFileHandle[];

  private constructor({ files, inMemory, locations, mapped }: Parts) {
    this.files = files;
    this.inMemory = inMemory;
    this.locations = locations;
    this.#mapped = mapped;
  }

  static readonly none = new ExternalData({ files: [], inMemory: [], locations: new Map(), mapped: [] });

  get isMapped(): boolean {
    return this.#mapped.length > 0;
  }

  /**
   * Opens, checks and hashes the files: only such as lie in the model's own folder or, behind symbolic links, in `root`.
   * @param modelPath undefined for a model that was given as bytes, which can have no such files
   * @throws ERR_UNSAFE_ARCHIVE, ERR_MODEL_LOAD, ERR_MODEL_FORMAT, ERR_INTEGRITY, or `signal.reason`
   */
  static async read(
    modelPath: string | undefined,
    tensors: readonly ExternalTensor[],
    options: ExternalOptions,
  ): Promise<ExternalData> {
    const [first] = tensors;
    if (!first) return ExternalData.none;
    if (modelPath === undefined) {
      throw torchError(
        'ERR_MODEL_LOAD',
        `Expected a path or a file: URL for a model with external data (${describe(first.location)}) but received its bytes`,
      );
    }
    const inner = tensors.find(({ outermost }) => !outermost);
    if (inner) {
      throw unsafe(
        'external data of the main graph’s initializers alone',
        `some inside an operator (${describe(inner.location)})`,
      );
    }
    const names = new Map(tensors.map(({ location }) => [location, relativeName(location)]));
    if (names.size > maxFiles) throw unsafe(`at most ${maxFiles} files of external data`, String(names.size));
    const place = await placeOf(modelPath, options.root);
    const handles = new Map<string, ExternalFileHandle>();
    try {
      return new ExternalData(await readAll(place, names, tensors, handles, options));
    } catch (error) {
      for (const handle of handles.values()) await handle.close();
      throw error;
    }
  }

  /** @throws ERR_INTEGRITY when a mapped file was changed since it was opened */
  async requireUnchanged(): Promise<void> {
    for (const handle of this.#mapped) await handle.requireUnchanged();
  }

  async close(): Promise<void> {
    await Promise.all(this.#mapped.map((handle) => handle.close()));
  }
}

interface Parts extends Pick<ExternalData, 'files' | 'inMemory' | 'locations'> {
  readonly mapped: readonly ExternalFileHandle[];
}

async function readAll(
  place: ExternalPlace,
  names: ReadonlyMap<string, string>,
  tensors: readonly ExternalTensor[],
  open: Map<string, ExternalFileHandle>,
  options: ExternalOptions,
): Promise<Parts> {
  const unique = new Set(names.values());
  for (const name of unique) requireDigest(name, names, options);
  const total = await sizeOf(place, unique);
  const places = new Map<string, string>();
  const files: ExternalFile[] = [];
  const inMemory: { path: string; data: SharedArrayBuffer }[] = [];
  for (const name of unique) {
    const handle = await ExternalFileHandle.open(place, name);
    open.set(name, handle);
    for (const { location, offset, length = 0 } of tensors) {
      if (names.get(location) === name) requireInside(name, offset + length, handle.bytes);
    }
    const isMapped = process.platform === 'linux' && total >= mappedFrom && handle.bytes >= smallestMapped;
    const data = isMapped ? undefined : new SharedArrayBuffer(handle.bytes);
    if (isMapped) await handle.settle();
    const sha256 = await handle.hash(data && new Uint8Array(data), options.signal);
    requireEqual(name, sha256, digestOf(name, names, options));
    files.push({ name, bytes: handle.bytes, sha256 });
    if (!data) {
      places.set(name, handle.descriptorPath.slice(descriptorRoot.length));
      continue;
    }
    const path = `external_${inMemory.length}`;
    places.set(name, path);
    inMemory.push({ path, data });
    await handle.close();
    open.delete(name);
  }
  const locations = new Map([...names].map(([location, name]) => [location, places.get(name) as string]));
  return { files, inMemory, locations, mapped: [...open.values()] };
}

/** About how many bytes the files have in all: only a choice of ways depends on it, so names may stand for something else later. */
async function sizeOf({ folder }: ExternalPlace, names: Iterable<string>): Promise<number> {
  let total = 0;
  for (const name of names) total += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  return total;
}

/** A path below the model's folder, without parts that say nothing. @throws ERR_UNSAFE_ARCHIVE */
export function relativeName(location: string): string {
  const parts = location.split('/').filter((part, i) => part !== '.' && (part !== '' || i === 0));
  // A colon names a drive or a stream on Windows; ONNX Runtime reads names with other characters as addresses in memory.
  const isSafe = parts.length > 0 && parts.every((part) => part !== '' && part !== '..' && !/[\\:*\0]/.test(part));
  if (isSafe && !location.endsWith('/')) return parts.join('/');
  throw unsafe('external data in a file beside the model or in a folder below it', describe(location));
}

async function placeOf(modelPath: string, root: string | undefined): Promise<ExternalPlace> {
  const resolved = async (path: string, what: string): Promise<string> =>
    realpath(path).catch((cause: unknown) => {
      const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
      throw torchError('ERR_MODEL_LOAD', `Expected a folder for ${what} (${code})`, { cause });
    });
  return {
    folder: await resolved(dirname(modelPath), 'the model'),
    root: root === undefined ? undefined : await resolved(root, 'externalDataRoot'),
  };
}

/** By the file's name or by a location that stands for it. */
function digestOf(name: string, names: ReadonlyMap<string, string>, { digests = {} }: ExternalOptions) {
  const aliases = [name, ...[...names].filter(([, own]) => own === name).map(([location]) => location)];
  const known = aliases.find((alias) => Object.hasOwn(digests, alias));
  return known === undefined ? undefined : digests[known];
}

function requireDigest(name: string, names: ReadonlyMap<string, string>, options: ExternalOptions): void {
  if (!options.pinned || digestOf(name, names, options) !== undefined) return;
  throw torchError(
    'ERR_INTEGRITY',
    `Expected a digest for ${describe(name)}, which holds weights: sha256 covers the .onnx file alone (externalSha256)`,
  );
}

function requireEqual(name: string, sha256: string, wanted: string | undefined): void {
  if (wanted === undefined || wanted === sha256) return;
  throw torchError(
    'ERR_INTEGRITY',
    `Expected sha256 ${wanted} for ${describe(name)} but its bytes have ${sha256}: the file was changed or damaged`,
  );
}

function requireInside(name: string, end: number, bytes: number): void {
  if (end <= bytes) return;
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected at least ${end} bytes in ${describe(name)} but it has ${bytes}: it is damaged or another model's`,
  );
}
