import { torchError } from '../../errors.js';

export interface Limited {
  readonly signal: AbortSignal;
  /** Lets go of the timer and of the caller's signal. Idempotent. */
  end(): void;
  /** Whatever an aborted download threw, it ended because of this. */
  reason(error: unknown): unknown;
}

/** A signal that ends with the caller's, or after a time. */
export function limited(signal: AbortSignal | undefined, timeoutMs: number): Limited {
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
    reason: (error: unknown): unknown => (stop.signal.aborted ? stop.signal.reason : error),
  };
}
