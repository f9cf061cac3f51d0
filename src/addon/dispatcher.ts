import { isErrorCode, torchError } from '../errors.js';
import type { RunTimings } from '../async/timings.js';
import { onAbort } from '../async/abort.js';
import type { Addon, ModelHandle, NativeError, NativeValue } from './addon.js';

export interface NativeResult {
  readonly value: NativeValue;
  readonly timings: RunTimings;
}

export interface OperationLimits {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Whose queue the operation waits in; with it an abort takes a waiting operation out. */
  readonly handle?: ModelHandle | undefined;
  /** Called once, when the engine is done with the operation or has dropped it. */
  readonly onFinished?: (() => void) | undefined;
}

interface Operation {
  readonly resolve: (result: NativeResult) => void;
  readonly reject: (reason: unknown) => void;
  readonly onFinished: (() => void) | undefined;
  /** False once the promise settled before the engine was done: an abort or a time-out of a running operation. */
  awaited: boolean;
  release: () => void;
}

/** Promises for operations of the addon. Each settles exactly once, whatever comes first. */
export class Dispatcher {
  readonly #addon: Addon;
  readonly #operations = new Map<number, Operation>();
  #nextId = 1;
  #awaited = 0;

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** For Addon.initialise. */
  readonly onSettled = (group: readonly unknown[]): void => {
    for (let i = 0; i < group.length; i += 5) {
      this.#settle(
        group[i] as number,
        group[i + 1] as NativeError | null,
        group[i + 2] as NativeValue,
        group[i + 3] as number,
        group[i + 4] as number,
      );
    }
  };

  /**
   * Submits an operation and waits for it. Rejects with the engine's error, ERR_TIMEOUT, or `signal.reason`; an abort
   * and a time-out reject at once, and what already runs goes on in the background.
   */
  start(submit: (id: number) => void, limits: OperationLimits = {}): Promise<NativeResult> {
    const { signal, timeoutMs, handle, onFinished } = limits;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const id = this.#nextId++;
    return new Promise<NativeResult>((resolve, reject) => {
      const operation: Operation = { resolve, reject, onFinished, awaited: true, release: () => undefined };
      try {
        submit(id);
      } catch (error) {
        reject(fromNative(error));
        return;
      }
      this.#operations.set(id, operation);
      this.#hold();
      if (signal || timeoutMs !== undefined) this.#limit(id, operation, signal, timeoutMs, handle);
    });
  }

  #limit(
    id: number,
    operation: Operation,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    handle: ModelHandle | undefined,
  ): void {
    const give = (reason: unknown): void => {
      operation.release();
      operation.awaited = false;
      this.#unhold();
      if (handle && this.#addon.cancel(id, handle)) {
        this.#operations.delete(id);
        operation.onFinished?.();
      }
      operation.reject(reason);
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            give(torchError('ERR_TIMEOUT', `Expected an answer within ${timeoutMs} ms`));
          }, timeoutMs);
    const unfollow =
      signal &&
      onAbort(signal, () => {
        give(signal.reason);
      });
    operation.release = () => {
      clearTimeout(timer);
      unfollow?.();
    };
  }

  #settle(id: number, error: NativeError | null, value: NativeValue, queueMs: number, runMs: number): void {
    const operation = this.#operations.get(id);
    if (!operation) return;
    this.#operations.delete(id);
    operation.onFinished?.();
    if (!operation.awaited) return;
    operation.release();
    this.#unhold();
    if (error) operation.reject(fromNative(error));
    else operation.resolve({ value, timings: { queueMs, runMs } });
  }

  // The event loop lives as long as somebody waits for an answer, and no longer.
  #hold(): void {
    if (this.#awaited++ === 0) this.#addon.holdLoop(true);
  }

  #unhold(): void {
    if (--this.#awaited === 0) this.#addon.holdLoop(false);
  }
}

/** The addon's `{code, message}` as an error of our table; anything else as it is. */
export function fromNative(error: unknown): unknown {
  const { code, message } = error as Partial<NativeError>;
  return isErrorCode(code) ? torchError(code, message ?? '') : error;
}
