import { onAbort } from '../async/ticket.js';
import { torchError } from '../errors.js';

/** What a change leaves to wait for: its result is there, its end may come later. */
export interface Change<T> {
  readonly result: T;
  /** What it replaced or took away is gone. The next load of the name begins after it. It never rejects. */
  readonly end: Promise<void>;
}

interface Line {
  /** The last change has its result. */
  done: Promise<void>;
  /** All changes have ended. */
  ended: Promise<void>;
  length: number;
}

export interface TurnOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * What of the changes before it has to be there: their results, or also their ends, where a further model in memory beside
   * those that still drain would be one too many.
   */
  readonly after: 'results' | 'ends';
}

/** Changes of one name that wait for each other. */
const longest = 100;

/** Loads and unloads: those of one name come one after the other, in the order in which they were asked for. */
export class Changes {
  readonly #lines = new Map<string, Line>();

  /**
   * Resolves when the change has ended; an abort ends the wait: for its turn with `signal.reason`, for its end with the result.
   * @throws ERR_QUEUE_FULL, what `work` throws, `signal.reason`
   */
  async run<T>(name: string, { signal, after }: TurnOptions, work: () => Promise<Change<T>>): Promise<T> {
    signal?.throwIfAborted();
    const line = this.#lines.get(name) ?? { done: Promise.resolve(), ended: Promise.resolve(), length: 0 };
    if (line.length >= longest) {
      throw torchError('ERR_QUEUE_FULL', `Expected at most ${longest} loads and unloads of ${name} at once`);
    }
    this.#lines.set(name, line);
    line.length++;
    let hasBegun = false;
    const turn = after === 'ends' ? line.ended : line.done;
    const done = turn.then(() => {
      signal?.throwIfAborted();
      hasBegun = true;
      return work();
    });
    line.done = done.then(
      () => undefined,
      () => undefined,
    );
    const end = done.then((change) => change.end).catch(() => undefined);
    line.ended = Promise.all([line.ended, end]).then(() => {
      if (--line.length === 0) this.#lines.delete(name);
    });
    return await untilAborted(signal, () => hasBegun, done);
  }

  /** Resolves once nothing is being changed. */
  async idle(): Promise<void> {
    while (this.#lines.size > 0) await Promise.all([...this.#lines.values()].map(({ ended }) => ended));
  }
}

function untilAborted<T>(
  signal: AbortSignal | undefined,
  hasBegun: () => boolean,
  done: Promise<Change<T>>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let found: { result: T } | undefined;
    const unfollow = signal
      ? onAbort(signal, () => {
          if (found) resolve(found.result);
          else if (!hasBegun()) reject(signal.reason as Error);
          // Else the work hears of it by itself.
        })
      : () => undefined;
    done
      .then(({ result, end }) => {
        found = { result };
        if (signal?.aborted) resolve(result);
        return end.then(() => {
          resolve(result);
        });
      })
      .catch(reject)
      .finally(unfollow);
  });
}
