import { statfs } from 'node:fs/promises';
import { posix } from 'node:path';
import * as check from '../../check.js';
import { expected, torchError } from '../../errors.js';
import { weightFiles } from '../../engines/index.js';
import { isFileName } from '../names.js';
import type { AddOptions, AddProgress } from '../record/options.js';
import type { ModelRegistry } from '../registry.js';
import type { ModelRecord } from '../schema.js';
import type { Staging } from '../store/index.js';
import { checkFile, chooseFile } from './choose-file.js';
import { fetchFile, type FetchOptions } from './fetch-file.js';
import { guardedFetch } from './guarded-fetch.js';
import { loadHub } from './library.js';
import { parseEndpoint, parsePlace, requireCommit } from './place.js';
import { filesAt, isContained, modelAt, type HubFile } from './repository.js';
import { statedByCard } from './stated.js';

/** Where a pull is. */
export type PullProgress =
  | AddProgress
  /** The hub is asked what there is. */
  | { readonly stage: 'resolve' }
  /** `total` grows when the model names files beside it. */
  | { readonly stage: 'download'; readonly file: string; readonly bytes: number; readonly total: number };

/** What `pull` takes beside the place: what `ModelRegistry.add` takes, and how to fetch. */
export interface PullOptions extends Omit<AddOptions, 'source' | 'onProgress'> {
  /** The model's path in the repository. Default: the only file with an extension of an engine. */
  readonly file?: string;
  /** Take a branch or a tag, or none for `main`, and write the commit that it stands for into the record. Default false. */
  readonly resolve?: boolean;
  /** The hub's address. Default: HF_ENDPOINT, or https://huggingface.co. */
  readonly endpoint?: string;
  /** For private and gated models; sent to the endpoint alone. Default: HF_TOKEN. */
  readonly token?: string;
  /** Most bytes of all files together. Default 20 GiB. */
  readonly maxBytes?: number;
  /** Longest time of all downloads together, in milliseconds. Default 6 hours. */
  readonly timeoutMs?: number;
  /** Longest time without a byte, in milliseconds. Default 60000. */
  readonly stallMs?: number;
  /** Milliseconds before a second try, doubled for each further one. Default 500. */
  readonly backoffMs?: number;
  readonly onProgress?: (progress: PullProgress) => void;
}

/** What a pull needs of a `ModelRegistry`. */
export interface PullTarget extends Pick<ModelRegistry, 'registryDir' | 'modelsDir' | 'record'> {
  add(file: string, options: AddOptions): Promise<{ record: ModelRecord; added: boolean }>;
}

const defaultMaxBytes = 20 * 2 ** 30;
const defaultTimeoutMs = 6 * 60 * 60 * 1000;
/** Files beside a model; a record holds as many. */
const mostBeside = 10_000;

/**
 * Fetches a model of Hugging Face at one commit and adds it to a registry, with where it came from. Every byte is held to the
 * size and the digest that the hub lists. Files of weights that the model names are fetched with it. Nothing is unpacked or run
 * before the admission, and nothing is left of a pull that fails.
 * @param place `hf:<owner>/<model>@<commit of 40 hex digits>`; a branch or a tag only with `resolve`
 * @throws ERR_INVALID_ARGUMENT (another place, a floating revision, several model files), ERR_HUB_NOT_FOUND, ERR_MODEL_NOT_FOUND,
 * ERR_DOWNLOAD, ERR_INTEGRITY, ERR_UNSAFE_ARCHIVE, ERR_TIMEOUT, ERR_STORAGE_FULL, what `ModelRegistry.add` throws, `signal.reason`
 * @example
 * await pull(registry, 'hf:org/model@0123456789abcdef0123456789abcdef01234567', { name: 'model', version: 'v1.0' });
 */
export async function pull(
  registry: PullTarget,
  place: string,
  options: PullOptions,
): Promise<{ record: ModelRecord; added: boolean }> {
  checkOptions(options);
  const {
    file,
    resolve = false,
    endpoint,
    token,
    maxBytes,
    timeoutMs = defaultTimeoutMs,
    stallMs = 60_000,
    ...rest
  } = options;
  const { backoffMs = 500, onProgress, ...addOptions } = rest;
  const wanted = parsePlace(place);
  requireCommit(wanted, resolve);
  const hubAt = parseEndpoint(endpoint ?? process.env.HF_ENDPOINT);
  const secret = tokenOf(token ?? process.env.HF_TOKEN);
  const hub = await loadHub();
  const { Store } = await import('../store/index.js');
  const limit = limited(options.signal, timeoutMs);
  let staging: Staging | undefined;
  try {
    // Its folder is that of the registry's disk, and one that a crash leaves is removed by the next writer.
    staging = await new Store(registry).stage({ signal: limit.signal });
    onProgress?.({ stage: 'resolve' });
    const guard = { endpoint: hubAt, token: secret, stallMs, signal: limit.signal };
    const asking = { hub, endpoint: hubAt, fetch: guardedFetch({ ...guard, kind: 'api' }) };
    const { commit, card } = await modelAt(asking, wanted);
    const { repository } = wanted;
    const where = `hf:${repository}@${commit}`;
    const inFolder = file === undefined ? '' : folderOf(file);
    const files = await filesAt(asking, repository, commit, inFolder);
    const model = chooseFile(files, file, where);
    await requireNew(registry, options, model);
    const download = new Download(staging.folder, files, maxBytes ?? defaultMaxBytes, {
      ...guard,
      hub,
      repository,
      commit,
      backoffMs,
      onProgress,
    });
    const path = await download.model(model);
    for (const name of await weightFiles(path, limit.signal)) await download.beside(model, name);
    limit.end();
    const source = { repository: `hf:${repository}`, revision: commit, file: model.path };
    return await registry.add(path, {
      ...statedByCard(card, addOptions),
      ...addOptions,
      source,
      ...(onProgress && { onProgress }),
    });
  } catch (error) {
    throw limit.reason(error);
  } finally {
    limit.end();
    await staging?.discard();
  }
}

function checkOptions(options: PullOptions): void {
  check.object('the options of pull', options);
  const { file, resolve, endpoint, token, maxBytes, timeoutMs, stallMs, backoffMs, onProgress, signal } = options;
  if ('source' in options) throw expected('no source, which is what is pulled', 'an option of pull', options.source);
  if (file !== undefined) checkFile(file);
  if (resolve !== undefined) check.boolean('resolve', resolve);
  if (endpoint !== undefined) check.text('endpoint', endpoint, 'an address');
  if (token !== undefined) check.text('token', token);
  if (maxBytes !== undefined) check.integer('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
  if (timeoutMs !== undefined) check.milliseconds('timeoutMs', timeoutMs);
  if (stallMs !== undefined) check.milliseconds('stallMs', stallMs);
  if (backoffMs !== undefined) check.integer('backoffMs', backoffMs, 0, 60_000);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw expected('a function', 'onProgress', onProgress);
  check.signal(signal);
}

/** @throws ERR_INVALID_ARGUMENT, without the token, for what no header can hold */
function tokenOf(token: string | undefined): string | undefined {
  if (token === undefined || token.trim() === '') return undefined;
  if (/^[\x21-\x7e]{1,4096}$/.test(token.trim())) return token.trim();
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    'Expected a token of letters, digits and punctuation in HF_TOKEN or the option token',
  );
}

/** Before gigabytes come that would be refused: a version is what it is. */
async function requireNew(registry: PullTarget, { name, version }: PullOptions, model: HubFile): Promise<void> {
  const there = await registry.record(name, version).catch(() => undefined);
  if (!there || model.sha256 === undefined || there.artifact.sha256 === model.sha256) return;
  throw torchError(
    'ERR_VERSION_EXISTS',
    `Expected a new version of ${name} but ${version} is there with sha256 ${there.artifact.sha256}, and ${model.path} has ${model.sha256}; take another version`,
  );
}

type DownloadOptions = Omit<FetchOptions, 'onBytes'> & { readonly onProgress: PullOptions['onProgress'] };

/** What is fetched into one folder, in all within a limit. */
class Download {
  readonly #folder: string;
  readonly #files: ReadonlyMap<string, HubFile>;
  readonly #most: number;
  readonly #options: DownloadOptions;
  #total = 0;
  #bytes = 0;
  #count = 0;

  constructor(folder: string, files: ReadonlyMap<string, HubFile>, most: number, options: DownloadOptions) {
    this.#folder = folder;
    this.#files = files;
    this.#most = most;
    this.#options = options;
  }

  /** The model itself; a name that no registry takes becomes one that it does. */
  async model(file: HubFile): Promise<string> {
    const base = posix.basename(file.path);
    return await this.#fetch(file, isFileName(base) ? base : `model${posix.extname(base).toLowerCase()}`);
  }

  /** A file that the model names, by a path from its own folder. */
  async beside(model: HubFile, name: string): Promise<void> {
    const path = posix.join(folderOf(model.path), name);
    const file = this.#files.get(path);
    if (!isContained(name) || !file) {
      const { repository, commit } = this.#options;
      throw torchError(
        'ERR_MODEL_NOT_FOUND',
        `Expected ${path}, which holds weights of ${model.path}, in hf:${repository}@${commit} but it is not there`,
      );
    }
    if (++this.#count > mostBeside)
      throw torchError('ERR_UNSAFE_ARCHIVE', `Expected at most ${mostBeside} files beside ${model.path}`);
    await this.#fetch(file, name);
  }

  async #fetch(file: HubFile, as: string): Promise<string> {
    this.#total += file.bytes;
    if (this.#total > this.#most) {
      throw torchError(
        'ERR_DOWNLOAD',
        `Expected at most ${this.#most} bytes but ${file.path} brings it to ${this.#total}; maxBytes (--max-bytes) allows more`,
      );
    }
    await requireRoom(this.#folder, file);
    const { onProgress } = this.#options;
    const onBytes = (bytes: number): void => {
      this.#bytes += bytes;
      onProgress?.({ stage: 'download', file: file.path, bytes: this.#bytes, total: this.#total });
    };
    onBytes(0);
    return await fetchFile(file, this.#folder, as, { ...this.#options, onBytes });
  }
}

/** @throws ERR_STORAGE_FULL */
async function requireRoom(folder: string, { path, bytes }: HubFile): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(folder);
  // Once for the download, and once for the copy that the registry hashes as it makes it.
  if (blocks === 0 || bavail * bsize >= 2 * bytes) return;
  throw torchError(
    'ERR_STORAGE_FULL',
    `Expected room for twice the ${bytes} bytes of ${path}, but ${bavail * bsize} bytes are free in ${folder}. Nothing was changed\n` +
      '  fix: free some space, or take folders on another disk',
  );
}

function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

/** A signal that ends with the caller's, or after a time. */
function limited(signal: AbortSignal | undefined, timeoutMs: number) {
  const stop = new AbortController();
  const late = torchError('ERR_TIMEOUT', `Expected the download within ${timeoutMs} ms (timeoutMs)`);
  const timer = setTimeout(() => stop.abort(late), timeoutMs);
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: stop.signal,
    end: (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
    /** Whatever an aborted download threw, it ended because of this. */
    reason: (error: unknown): unknown => (stop.signal.aborted ? stop.signal.reason : error),
  };
}
