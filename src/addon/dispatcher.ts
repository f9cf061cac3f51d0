import { isErrorCode, torchError } from '../errors.js';
import type { Clock, RunTimings } from '../async/clock.js';
import { Desk, Ticket, type TicketLimits } from '../async/ticket.js';
import type { Addon, ModelHandle, NativeError, NativeValue } from './addon.js';

export interface NativeResult {
  readonly value: NativeValue;
  readonly timings: RunTimings;
}

export interface OperationLimits extends TicketLimits {
  /** Whose queue the operation waits in; with it an abort takes a waiting operation out. */
  readonly handle?: ModelHandle | undefined;
}

class Operation extends Ticket<NativeResult> {
  constructor(
    desk: Desk<Operation>,
    readonly id: number,
    readonly handle: ModelHandle | undefined,
    limits: TicketLimits,
  ) {
    super(desk, limits);
  }
}

/** Promises for operations of the addon. */
export class Dispatcher {
  readonly #operations = new Map<number, Operation>();
  readonly #desk: Desk<Operation>;
  readonly #deliver: () => void;
  #nextId = 1;

  constructor(addon: Addon, clock?: Clock) {
    this.#deliver = () => {
      addon.deliver();
    };
    this.#desk = new Desk({
      clock,
      hold: (held) => {
        addon.holdLoop(held);
      },
      drop: ({ id, handle }: Operation) => {
        const isDropped = handle !== undefined && addon.cancel(id, handle);
        if (isDropped) this.#operations.delete(id);
        return isDropped;
      },
    });
  }

  /** For Addon.initialise. */
  readonly onSettled = (group: readonly unknown[], more = false): void => {
    if (more) setImmediate(this.#deliver);
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
    const { signal, handle } = limits;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const id = this.#nextId++;
    try {
      submit(id);
    } catch (error) {
      return Promise.reject(fromNative(error));
    }
    const operation = new Operation(this.#desk, id, handle, limits);
    this.#operations.set(id, operation);
    return operation.promise;
  }

  #settle(id: number, error: NativeError | null, value: NativeValue, queueMs: number, runMs: number): void {
    const operation = this.#operations.get(id);
    if (!operation) return;
    this.#operations.delete(id);
    if (error) operation.reject(fromNative(error));
    else operation.resolve({ value, timings: { queueMs, runMs } });
  }
}

/** The addon with functions that throw errors of our table. */
export function codedAddon(addon: Addon): Addon {
  const coded = Object.entries(addon as unknown as Record<string, unknown>).map(([name, value]) => [
    name,
    typeof value === 'function' ? coding(value as (...args: unknown[]) => unknown) : value,
  ]);
  return Object.freeze(Object.fromEntries(coded)) as Addon;
}

function coding(call: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      throw fromNative(error);
    }
  };
}

/** The addon's `{code, message}` as an error of our table, a trace as its cause; anything else as it is. */
export function fromNative(error: unknown): unknown {
  const { code, message, trace } = error as Partial<NativeError>;
  if (!isErrorCode(code)) return error;
  return torchError(code, message ?? '', trace === undefined ? {} : { cause: new Error(trace) });
}
