import { onAbort } from './ticket.js';

/**
 * Resolves as the work does, unless the signal is aborted first. What the work does then goes on without anybody to wait for it.
 * @throws what the work throws, or `signal.reason` as soon as it is there
 */
export function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason as Error);
    const unfollow = onAbort(signal, give);
    if (signal.aborted) give();
    work.then(resolve, reject).finally(unfollow);
  });
}
