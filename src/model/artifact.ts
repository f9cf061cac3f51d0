import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, torchError } from '../errors.js';
import { withModelFile, type RegularFile } from '../files/regular-file.js';

export interface Artifact {
  /** Memory that nothing else refers to: what was hashed is what is loaded. */
  readonly bytes: ArrayBuffer;
  /** How many there are; it stays when they are released. */
  readonly size: number;
  readonly sha256: string;
  /** Nobody reads the bytes from here on: their memory goes at once, where the engine's allocator can do that. Idempotent. */
  readonly release: () => void;
}

/** Read and hashed in pieces, so that the event loop is never held for longer than a piece takes. */
const pieceBytes = 1024 * 1024;

/** Takes so many bytes from a place into memory; says how many it took. */
type Take = (into: Buffer, from: number, length: number) => Promise<number>;

export interface ReadOptions {
  /** Gives the memory, so that the engine can keep it alive by itself. */
  readonly allocate: (bytes: number) => ArrayBuffer;
  /** Frees what `allocate` gave, or any other buffer that nobody uses; the collector does where it is left out. */
  readonly release?: (buffer: ArrayBuffer) => void;
  /** Refuse other bytes. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of open(2), beside those for reading. */
  readonly flags?: number;
}

/**
 * Reads a model file once, hashing the very bytes that will be loaded.
 * @throws ERR_MODEL_LOAD (no such file, not a regular file, shrunk meanwhile), ERR_MODEL_FORMAT (empty), ERR_INTEGRITY, or
 * `signal.reason`
 */
export async function readArtifact(path: string, options: ReadOptions): Promise<Artifact> {
  const { signal, flags = 0 } = options;
  signal?.throwIfAborted();
  const read = async ({ file, size }: RegularFile): Promise<Artifact> => {
    const take: Take = async (into, from, length) => (await file.read(into, from, length, from)).bytesRead;
    return await readPieces(path, size, take, options);
  };
  return await withModelFile(path, read, flags);
}

/**
 * The same of bytes in memory, which nothing else may use: they are released once they are read, or cannot be.
 * @throws as readArtifact
 */
export async function readArtifactBytes(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: ReadOptions,
): Promise<Artifact> {
  const take: Take = async (into, from, length) => {
    await setImmediate();
    into.set(bytes.subarray(from, from + length), from);
    return length;
  };
  try {
    return await readPieces(name, bytes.length, take, options);
  } finally {
    if (bytes.length > 0) options.release?.(bytes.buffer);
  }
}

async function readPieces(name: string, size: number, take: Take, options: ReadOptions): Promise<Artifact> {
  const { allocate, sha256: wanted, signal } = options;
  if (size === 0) throw torchError('ERR_MODEL_FORMAT', `Expected a model in ${name} but it is empty`);
  if (size > constants.MAX_LENGTH) {
    throw torchError(
      'ERR_MODEL_LOAD',
      `Expected at most ${constants.MAX_LENGTH} bytes, which a Buffer of this Node holds, but ${name} has ${size}`,
    );
  }
  const bytes = allocate(size);
  const release = once(() => options.release?.(bytes));
  try {
    const sha256 = await fill(name, bytes, take, signal);
    if (wanted === undefined || sha256 === wanted) return { bytes, size, sha256, release };
    throw torchError(
      'ERR_INTEGRITY',
      `Expected sha256 ${wanted} for ${name} but its bytes have ${sha256}: the file was changed or damaged`,
    );
  } catch (error) {
    release();
    throw error;
  }
}

/** Reads all of it. Returns the digest. */
async function fill(name: string, bytes: ArrayBuffer, take: Take, signal: AbortSignal | undefined): Promise<string> {
  const view = Buffer.from(bytes);
  const hash = createHash('sha256');
  for (let offset = 0; offset < view.length;) {
    signal?.throwIfAborted();
    const taken = await take(view, offset, Math.min(pieceBytes, view.length - offset));
    if (taken === 0) throw torchError('ERR_MODEL_LOAD', `${name} became shorter while it was read`);
    hash.update(view.subarray(offset, offset + taken));
    offset += taken;
  }
  signal?.throwIfAborted(); // during the last piece
  return hash.digest('hex');
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}

/** @throws ERR_INVALID_ARGUMENT unless it is 64 lower-case hex digits */
export function checkSha256(sha256: unknown): void {
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected 64 lower-case hex digits for sha256 but received ${describe(sha256)}`,
    );
  }
}
