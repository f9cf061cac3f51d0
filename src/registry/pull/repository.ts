/** What the hub says of a repository at a commit. Nothing of it is believed that matters: names become paths here. */
import { describe, torchError, type TorchError } from '../../errors.js';
import type { HubLibrary } from './library.js';
import { isCommit, type Endpoint, type HubPlace } from './place.js';
import { hubError } from './hub-error.js';

/** One file, as the hub lists it. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** Of a file that lies in the hub's storage for large ones. */
  readonly sha256: string | undefined;
  /** Of a file that lies in git: SHA-1 of its blob. */
  readonly blob: string | undefined;
}

export interface HubModel {
  readonly commit: string;
  /** Front matter of its card; whatever it holds. */
  readonly card: Readonly<Record<string, unknown>>;
}

export interface Asking {
  readonly hub: HubLibrary;
  readonly endpoint: Endpoint;
  readonly fetch: typeof fetch;
}

/** A repository with more files is none of a model. */
const mostFiles = 100_000;
/** A hub gives about a thousand files in each; one that gives empty ones for ever is given up. */
const mostPages = 1000;
const deepest = 16;

/** @throws ERR_DOWNLOAD, ERR_MODEL_NOT_FOUND, ERR_INTEGRITY when the hub has another commit than the one that was asked for */
export async function modelAt({ hub, endpoint, fetch }: Asking, place: HubPlace): Promise<HubModel> {
  const { repository, revision = 'main', isCommit: fixed } = place;
  const info = await hub
    .modelInfo({ name: repository, revision, hubUrl: endpoint.text, fetch, additionalFields: ['sha', 'cardData'] })
    .catch((error: unknown) => {
      throw hubError(error, `hf:${repository}@${revision}`);
    });
  const { sha, cardData } = info as { sha?: unknown; cardData?: unknown };
  const commit = typeof sha === 'string' ? sha.toLowerCase() : fixed ? revision : '';
  if (!isCommit(commit)) throw noHub(`no commit for ${describe(revision)}`);
  if (fixed && commit !== revision) {
    throw torchError(
      'ERR_INTEGRITY',
      `Expected commit ${revision} of hf:${repository} but the hub has ${commit} in its place`,
    );
  }
  const isObject = typeof cardData === 'object' && cardData !== null && !Array.isArray(cardData);
  return { commit, card: isObject ? (cardData as Record<string, unknown>) : {} };
}

/**
 * The files below a folder of a repository.
 * @param folder empty for all of them
 * @throws ERR_DOWNLOAD, ERR_MODEL_NOT_FOUND, ERR_UNSAFE_ARCHIVE for a listing with a name that leads elsewhere, or with one twice
 */
export async function filesAt({ hub, endpoint, fetch }: Asking, repository: string, commit: string, folder: string) {
  const files = new Map<string, HubFile>();
  let pages = 0;
  const paged: typeof fetch = (...asked) => {
    if (++pages > mostPages) throw noHub(`a listing of more than ${mostPages} pages`);
    return fetch(...asked);
  };
  const options = { repo: repository, revision: commit, recursive: true, hubUrl: endpoint.text, fetch: paged };
  const path = folder.split('/').map(encodeURIComponent).join('/');
  const entries: AsyncIterable<unknown> = hub.listFiles({ ...options, ...(path !== '' && { path }) });
  let seen = 0;
  try {
    for await (const entry of entries) {
      if (++seen > mostFiles) throw noHub(`a listing of more than ${mostFiles} files`);
      const file = fileOf(entry);
      if (!file) continue;
      if (files.has(file.path)) throw unsafe(`${describe(file.path)} twice`);
      files.set(file.path, file);
    }
  } catch (error) {
    throw hubError(error, `hf:${repository}@${commit}`);
  }
  return files;
}

/** An entry of a listing; undefined for folders. */
function fileOf(entry: unknown): HubFile | undefined {
  if (typeof entry !== 'object' || entry === null) throw noHub('a listing of something else than files');
  const { type, path, size, oid, lfs } = entry as Readonly<Record<string, unknown>>;
  if (!isContained(path)) throw unsafe(describe(path));
  if (type !== 'file') return undefined;
  const { oid: large, size: largeBytes } = (lfs ?? {}) as { oid?: unknown; size?: unknown };
  const bytes = lfs ? (largeBytes ?? size) : size;
  if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) throw noHub(`no size of ${describe(path)}`);
  const sha256 = typeof large === 'string' ? large.replace(/^sha256:/, '') : undefined;
  if (lfs && !/^[0-9a-f]{64}$/.test(sha256 ?? '')) throw noHub(`no digest of ${describe(path)}`);
  const blob = !lfs && typeof oid === 'string' && isCommit(oid) ? oid : undefined;
  return { path, bytes: bytes as number, sha256, blob };
}

/** A path below the repository's folder, in plain names. */
export function isContained(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > 1000) return false;
  const parts = path.split('/');
  return (
    parts.length <= deepest &&
    parts.every((part) => !/^$|^\.\.?$|[\\:\p{Cc}\p{Cs}]/u.test(part) && Buffer.byteLength(part) <= 255)
  );
}

function noHub(what: string): TorchError {
  return torchError('ERR_DOWNLOAD', `Expected a hub of Hugging Face but received ${what}`);
}

function unsafe(what: string): TorchError {
  return torchError('ERR_UNSAFE_ARCHIVE', `Expected a repository of files with plain names but the hub lists ${what}`);
}
