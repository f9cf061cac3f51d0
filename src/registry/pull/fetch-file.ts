/** Fetches one file of a repository, and lets none pass that is not what the hub has listed. */
import { createHash, type Hash } from 'node:crypto';
import { open, mkdir, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { torchError, TorchError } from '../../errors.js';
import { guardedFetch, Interrupted, type GuardOptions } from './guarded-fetch.js';
import { hubError } from './hub-error.js';
import type { HubLibrary } from './library.js';
import { storageError } from '../store/storage-error.js';
import type { HubFile } from './repository.js';

export interface FetchOptions extends Omit<GuardOptions, 'kind'> {
  readonly hub: HubLibrary;
  readonly repository: string;
  readonly commit: string;
  /** Milliseconds before the second try, doubled for each further one. */
  readonly backoffMs: number;
  /** Called with the bytes that came; less than 0 where some are fetched again. */
  readonly onBytes: (bytes: number) => void;
}

/** Consecutive tries without progress. */
const mostTries = 4;

/**
 * Fetches a file into a folder, under its path in the repository, and goes on where a connection was cut.
 * @returns where it lies
 * @throws ERR_DOWNLOAD, ERR_MODEL_NOT_FOUND, ERR_INTEGRITY when the bytes are not those that the hub lists, ERR_STORAGE_FULL,
 * ERR_STORAGE, `signal.reason`; the file is removed then
 */
export async function fetchFile(file: HubFile, folder: string, as: string, options: FetchOptions): Promise<string> {
  const path = join(folder, as);
  const handle = await create(path).catch((error: unknown) => {
    throw storageError(error, `write ${file.path} while it is fetched`);
  });
  try {
    const received = new Received(file, handle, options);
    await received.fetchAll();
    await handle.close();
    return path;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(path, { force: true });
    options.signal.throwIfAborted();
    throw error;
  }
}

async function create(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  return await open(path, 'wx', 0o644);
}

/** A file on its way. */
class Received {
  readonly #file: HubFile;
  readonly #handle: FileHandle;
  readonly #options: FetchOptions;
  #bytes = 0;
  #hash: Hash;

  constructor(file: HubFile, handle: FileHandle, options: FetchOptions) {
    this.#file = file;
    this.#handle = handle;
    this.#options = options;
    this.#hash = hashOf(file);
  }

  async fetchAll(): Promise<void> {
    const { backoffMs, signal, repository, commit } = this.#options;
    const what = `${this.#file.path} of hf:${repository}@${commit}`;
    let most = 0;
    for (let tries = 1; ; ++tries) {
      try {
        await this.#attempt();
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (!isWorthAnother(error) || tries === mostTries) throw hubError(error, what);
        if (this.#bytes > most) tries = 0;
        most = Math.max(most, this.#bytes);
        await sleep(backoffMs * 2 ** Math.max(tries - 1, 0), undefined, { signal });
      }
    }
    this.#requireListed(what);
  }

  async #attempt(): Promise<void> {
    const { hub, endpoint, repository, commit, signal } = this.#options;
    const { path, bytes } = this.#file;
    if (bytes === this.#bytes && bytes > 0) return;
    // The library's stream says an error by its text alone: here is the error itself.
    let failure: unknown;
    const guarded = guardedFetch({ ...this.#options, kind: 'file' });
    const watched: typeof fetch = async (input, init) => {
      try {
        return await this.#checked(await guarded(input, init));
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    const url = `${endpoint.text}/${repository}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
    const options = { repo: repository, path, revision: commit, hubUrl: endpoint.text, fetch: watched, xet: false };
    // What the listing says is what downloadFile would ask the hub for once more.
    const downloadInfo = { size: bytes, etag: this.#file.sha256 ?? this.#file.blob ?? '', url };
    const blob = await hub.downloadFile({ ...options, downloadInfo });
    if (!blob)
      throw torchError('ERR_MODEL_NOT_FOUND', `Expected ${path} in hf:${repository}@${commit} but it is not there`);
    const rest = this.#bytes === 0 ? blob : blob.slice(this.#bytes);
    try {
      for await (const piece of rest.stream() as unknown as AsyncIterable<Uint8Array>) {
        signal.throwIfAborted();
        await this.#take(piece);
      }
    } catch (error) {
      if (failure instanceof Error) throw failure;
      throw error instanceof TorchError ? error : new Interrupted(`it ended after ${this.#bytes} of ${bytes} bytes`);
    }
    if (this.#bytes < bytes) throw new Interrupted(`it ended after ${this.#bytes} of ${bytes} bytes`);
  }

  /** Holds an answer to what was asked for, before anything of it is kept. */
  async #checked(response: Response): Promise<Response> {
    const { bytes, path, sha256 } = this.#file;
    const { status, headers } = response;
    if (status === 416 || (status === 200 && this.#bytes > 0)) await this.#restart();
    else if (status === 206 && !headers.get('content-range')?.startsWith(`bytes ${this.#bytes}-`)) {
      await response.body?.cancel();
      await this.#restart();
      throw new Interrupted('it answered another part than the one that was asked for');
    }
    // The library would read it, and say its text alone.
    if (!response.ok) throw await statusError(response);
    const length = headers.get('content-length');
    const total = status === 206 ? /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] : length;
    const linked = headers.get('x-linked-etag')?.replace(/^W\/|"/g, '');
    const commit = headers.get('x-repo-commit');
    let wrong: string | undefined;
    if (total && Number(total) !== bytes) wrong = `has ${total} bytes`;
    else if (sha256 !== undefined && linked && /^[0-9a-f]{64}$/.test(linked) && linked !== sha256)
      wrong = `has sha256 ${linked}`;
    else if (commit && commit !== this.#options.commit) wrong = `is of commit ${commit}`;
    if (wrong === undefined) return response;
    await response.body?.cancel();
    const listed = sha256 === undefined ? `${bytes} bytes` : `${bytes} bytes with sha256 ${sha256}`;
    throw torchError(
      'ERR_INTEGRITY',
      `Expected ${path} to be ${listed} of commit ${this.#options.commit}, as the hub lists it, but what came ${wrong}`,
    );
  }

  async #take(piece: Uint8Array): Promise<void> {
    const { bytes, path } = this.#file;
    if (this.#bytes + piece.length > bytes) {
      throw torchError('ERR_INTEGRITY', `Expected ${path} to be ${bytes} bytes, as the hub lists it, but more came`);
    }
    try {
      for (let done = 0; done < piece.length;) {
        const { bytesWritten } = await this.#handle.write(piece, done, piece.length - done, this.#bytes + done);
        done += bytesWritten;
      }
    } catch (error) {
      // A full disk is no fault of the network: another try would end there too.
      throw storageError(error, `write ${path} while it is fetched`);
    }
    this.#hash.update(piece);
    this.#bytes += piece.length;
    this.#options.onBytes(piece.length);
  }

  async #restart(): Promise<void> {
    await this.#handle.truncate(0).catch((error: unknown) => {
      throw storageError(error, `write ${this.#file.path} anew`);
    });
    this.#options.onBytes(-this.#bytes);
    this.#bytes = 0;
    this.#hash = hashOf(this.#file);
  }

  #requireListed(what: string): void {
    const found = this.#hash.digest('hex');
    const wanted = this.#file.sha256 ?? this.#file.blob;
    if (wanted === undefined || wanted === found) return;
    const kind = this.#file.sha256 === undefined ? 'the git blob' : 'sha256';
    throw torchError(
      'ERR_INTEGRITY',
      `Expected ${what} to have ${kind} ${wanted}, as the hub lists it, but what came has ${found}`,
    );
  }
}

/** Takes the digest that the hub lists: sha256, or what git makes of the content of a file. */
const hashOf = ({ sha256, bytes }: HubFile): Hash =>
  sha256 === undefined ? createHash('sha1').update(`blob ${bytes}\0`) : createHash('sha256');

async function statusError(response: Response): Promise<Error> {
  const said = (await response.json().catch(() => undefined)) as { error?: unknown } | undefined;
  const message = typeof said?.error === 'string' ? said.error : response.statusText;
  return Object.assign(new Error(message), { statusCode: response.status });
}

function isWorthAnother(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: unknown };
  if (typeof statusCode === 'number') return statusCode >= 500 || [408, 416, 429].includes(statusCode);
  return error instanceof Interrupted;
}
