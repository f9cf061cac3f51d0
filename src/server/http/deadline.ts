import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import { torchError } from '../../errors.js';

/** The end of one request's time, on a clock that nobody sets. */
export class Deadline {
  readonly #end: number;

  /**
   * @param started of `performance.now()`
   * @throws ERR_BAD_REQUEST when the request's own limit is not a positive integer
   */
  constructor(req: IncomingMessage, started: number, limitMs: number) {
    this.#end = started + timeLimit(req, limitMs);
  }

  /**
   * Milliseconds left.
   * @throws ERR_TIMEOUT when there are none
   */
  left(): number {
    const left = this.#end - performance.now();
    if (left <= 0) throw torchError('ERR_TIMEOUT', 'The deadline passed before the run began');
    return left;
  }
}

/** X-Request-Timeout-Ms shortens the server's limit and never lengthens it. */
function timeLimit({ headers }: IncomingMessage, limitMs: number): number {
  const given = headers['x-request-timeout-ms'];
  if (given === undefined) return limitMs;
  if (typeof given !== 'string' || !/^0*[1-9]\d*$/.test(given) || given.length > 20) {
    throw torchError('ERR_BAD_REQUEST', 'Expected an integer of at least 1 in the header X-Request-Timeout-Ms');
  }
  return Math.min(Number(given), limitMs);
}
