import { isErrorCode, torchError } from '../errors.js';
import type { Clock, RunTimings } from '../async/clock.js';
import { Desk, Ticket, type TicketLimits } from '../async/ticket.js';
import type { Addon, ModelHandle, NativeError, NativeValue } from './addon.js';

export interface NativeResult {
  readonly value: NativeValue;
  readonly timings: RunTimings;
  /** What the work took of its thread. */
  readonly heldMs: number;
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

/** Operations that may be on their way at a time: an id is a place among them, and how often ids were given out before. */
const places = 2 ** 24;
/** Ids stay integers. */
const rounds = 2 ** 28;

/** Promises for operations of the addon. */
export class Dispatcher {
  /** By place. No Map, for the reason that is given at Deadlines: each holds a run's result. */
  readonly #operations: (Operation | undefined)[] = [];
  /** Places in it that nobody has. */
  readonly #free: number[] = [];
  readonly #desk: Desk<Operation>;
  readonly #deliver: () => void;
  #round = 0;

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
        if (isDropped) this.#forget(id);
        return isDropped;
      },
    });
  }

  /** For Addon.initialise. */
  readonly onSettled = (group: readonly unknown[], more = false): void => {
    if (more) setImmediate(this.#deliver);
    for (let i = 0; i < group.length; i += 6) {
      this.#settle(
        group[i] as number,
        group[i + 1] as NativeError | null,
        group[i + 2] as NativeValue,
        group[i + 3] as number,
        group[i + 4] as number,
        group[i + 5] as number,
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
    const place = this.#free.pop() ?? this.#operations.push(undefined) - 1;
    this.#round = (this.#round + 1) % rounds;
    const id = this.#round * places + place;
    try {
      submit(id);
    } catch (error) {
      this.#free.push(place);
      return Promise.reject(fromNative(error));
    }
    const operation = new Operation(this.#desk, id, handle, limits);
    this.#operations[place] = operation;
    return operation.promise;
  }

  #forget(id: number): void {
    const place = id % places;
    this.#operations[place] = undefined;
    this.#free.push(place);
  }

  #settle(
    id: number,
    error: NativeError | null,
    value: NativeValue,
    queueMs: number,
    runMs: number,
    heldMs: number,
  ): void {
    const operation = this.#operations[id % places];
    if (operation?.id !== id) return;
    this.#forget(id);
    if (error) operation.reject(fromNative(error));
    else operation.resolve({ value, timings: { queueMs, runMs }, heldMs });
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

/** What the addon says as an error of our table; anything else as it is. */
export function fromNative(error: unknown): unknown {
  const { code, message, hint, trace } = error as Partial<NativeError>;
  return isErrorCode(code) ? torchError(code, message ?? '', { hint, trace }) : error;
}
