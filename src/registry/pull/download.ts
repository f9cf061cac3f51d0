import { statfs } from 'node:fs/promises';
import { posix } from 'node:path';
import { torchError } from '../../errors.js';
import { isFileName } from '../names.js';
import { fetchFile, type FetchOptions } from './fetch-file.js';
import type { PullOptions } from './options.js';
import { isContained, type HubFile } from './repository.js';

/** Files beside a model; a record holds as many. */
const mostBeside = 10_000;

type DownloadOptions = Omit<FetchOptions, 'onBytes'> & { readonly onProgress: PullOptions['onProgress'] };

/** What is fetched into one folder, in all within a limit. */
export class Download {
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

  /** A file that the model names, by a path from its own folder. @throws ERR_MODEL_NOT_FOUND */
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

export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}
