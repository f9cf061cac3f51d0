import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants as fs, open } from 'node:fs/promises';
import { describe, torchError } from '../errors.js';

export interface Artifact {
  /** Memory that nothing else refers to: what was hashed is what is loaded. */
  readonly bytes: ArrayBuffer;
  readonly sha256: string;
}

/** Read and hashed in pieces, so that the event loop is never held for longer than a piece takes. */
const pieceBytes = 1024 * 1024;

/**
 * Reads a model file once, hashing the very bytes that will be loaded.
 * @param allocate gives the memory, so that the engine can keep it alive by itself
 * @param expectedSha256 refuse other bytes
 * @param flags of open(2), beside those for reading
 * @throws ERR_MODEL_LOAD (no such file, no regular file, shrunk meanwhile), ERR_INTEGRITY, or `signal.reason`
 */
export async function readArtifact(
  path: string,
  allocate: (bytes: number) => ArrayBuffer,
  expectedSha256?: string,
  signal?: AbortSignal,
  flags = 0,
): Promise<Artifact> {
  signal?.throwIfAborted();
  // Without O_NONBLOCK opening a FIFO would wait for a writer, for ever.
  const file = await open(path, fs.O_RDONLY | (fs.O_NONBLOCK ?? 0) | flags).catch((cause: unknown) => {
    throw torchError('ERR_MODEL_LOAD', `Expected a readable model file at ${path} (${reason(cause)})`, { cause });
  });
  try {
    const status = await file.stat();
    if (!status.isFile()) throw torchError('ERR_MODEL_LOAD', `Expected a regular file at ${path}`);
    if (status.size === 0) throw torchError('ERR_MODEL_FORMAT', `Expected a model file at ${path} but it is empty`);
    if (status.size > constants.MAX_LENGTH) {
      throw torchError(
        'ERR_MODEL_LOAD',
        `Expected at most ${constants.MAX_LENGTH} bytes, which a Buffer of this Node holds, but ${path} has ${status.size}`,
      );
    }
    const bytes = allocate(status.size);
    const view = Buffer.from(bytes);
    const hash = createHash('sha256');
    for (let offset = 0; offset < status.size;) {
      signal?.throwIfAborted();
      const length = Math.min(pieceBytes, status.size - offset);
      const { bytesRead } = await file.read(view, offset, length, offset);
      if (bytesRead === 0) throw torchError('ERR_MODEL_LOAD', `${path} became shorter while it was read`);
      hash.update(view.subarray(offset, offset + bytesRead));
      offset += bytesRead;
    }
    const sha256 = hash.digest('hex');
    if (expectedSha256 !== undefined && sha256 !== expectedSha256) {
      throw torchError(
        'ERR_INTEGRITY',
        `Expected sha256 ${expectedSha256} for ${path} but its bytes have ${sha256}: the file was changed or damaged`,
      );
    }
    return { bytes, sha256 };
  } finally {
    await file.close();
  }
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

function reason(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
}
