import type { IncomingMessage } from 'node:http';
import { torchError, type TorchError } from '../../errors.js';

/** A body that was read to its end. */
export interface Body {
  /** Its bytes; of a body that is larger than any use for it, only the first. */
  readonly bytes: Buffer;
  /** How many it had. */
  readonly length: number;
}

/** How much of a body is read, and how much of that is kept. */
export interface ReadLimits {
  /** Bytes, compressed and decompressed alike; reading stops there. */
  readonly limit: number;
  /** Bytes that can be used: what comes behind them is counted and let go. Default: all. */
  readonly useful?: number;
}

/** Whether a request says that its body has more than so many bytes; one that comes in chunks may have any number. */
export function saysMoreThan(bytes: number, { headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > bytes;
}

/** Somebody in front of this app has read the body, and has not left its bytes. */
export function bytesGone(): TorchError {
  return torchError(
    'ERR_BAD_REQUEST',
    'Expected the bytes of the body but a body parser in front of this app has made something else of them: ' +
      'mount the app before it',
  );
}

export function tooLarge(limit: number): TorchError {
  return torchError('ERR_PAYLOAD_TOO_LARGE', `Expected a body of at most ${limit} bytes but received a larger one`);
}
