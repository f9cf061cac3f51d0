import { InferenceTimeoutError } from './errors.js';

/**
 * When a call of the client ends before its answer: at its limit of time, or at the caller's abort. It is for one call with all
 * of its tries.
 */
export class Deadline {
  /** Set when it is over: what the call rejects with. */
  ended: { readonly reason: unknown } | undefined;
  /** Called back when the call is over. */
  onClose: (() => void) | undefined;
  readonly #endsAt: number;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Set<(reason: unknown) => void>();
  readonly #onAbort = () => this.#end(this.#signal?.reason);

  /** @param operation for the error's message */
  constructor(operation: string, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#endsAt = performance.now() + timeoutMs;
    this.#signal = signal;
    if (signal?.aborted) {
      this.ended = { reason: signal.reason };
      return;
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeoutMs === Infinity) return;
    this.#timer = setTimeout(() => {
      const message = `Expected an answer to ${operation} within ${timeoutMs} ms but none came`;
      this.#end(new InferenceTimeoutError('ERR_TIMEOUT', message, { operation }));
    }, timeoutMs);
  }

  /** Infinity without a limit. */
  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * Settles as the work does, or rejects when this is over first.
   * @param start begins the work, and returns what stops it
   */
  wait<T>(
    start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => (reason: unknown) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended.reason);
        return;
      }
      const end = (reason: unknown): void => {
        reject(reason);
        stop(reason);
      };
      this.#waiting.add(end);
      const stop = start(
        (value) => {
          this.#waiting.delete(end);
          resolve(value);
        },
        (reason) => {
          this.#waiting.delete(end);
          reject(reason);
        },
      );
    });
  }

  /** Waits before the next try. */
  sleep(ms: number): Promise<void> {
    return this.wait((resolve) => {
      const timer = setTimeout(resolve, ms);
      return () => clearTimeout(timer);
    });
  }

  /** Settles as the promise does, or rejects when this is over first. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.wait((resolve, reject) => {
      promise.then(resolve, reject);
      return () => undefined;
    });
  }

  /** Ends the call, as its limit of time would. */
  end(reason: unknown): void {
    this.#end(reason);
  }

  /** The call is over: no timer and no listener stays. */
  close(): void {
    this.onClose?.();
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#waiting.clear();
  }

  #end(reason: unknown): void {
    if (this.ended) return;
    clearTimeout(this.#timer);
    this.ended = { reason };
    for (const end of this.#waiting) end(reason);
    this.#waiting.clear();
  }
}
