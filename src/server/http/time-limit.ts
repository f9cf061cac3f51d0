import type { IncomingMessage } from 'node:http';
import { torchError } from '../../errors.js';

/**
 * Milliseconds that a request may take: the header X-Request-Timeout-Ms shortens the server's limit and never lengthens
 * it.
 * @throws ERR_BAD_REQUEST when the header is not a positive integer
 */
export function timeLimit({ headers }: IncomingMessage, limitMs: number): number {
  const given = headers['x-request-timeout-ms'];
  if (given === undefined) return limitMs;
  if (typeof given !== 'string' || !/^0*[1-9]\d*$/.test(given) || given.length > 20) {
    throw torchError('ERR_BAD_REQUEST', 'Expected an integer of at least 1 in the header X-Request-Timeout-Ms');
  }
  return Math.min(Number(given), limitMs);
}
