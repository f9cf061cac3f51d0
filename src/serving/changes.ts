import { onAbort } from '../async/ticket.js';
import { torchError } from '../errors.js';

/** What a change leaves to wait for: its result is there, its end may come later. */
export interface Change<T> {
  readonly result: T;
  /** The next change of the name begins after it. It never rejects. */
  readonly end: Promise<void>;
}

interface Line {
  tail: Promise<void>;
  length: number;
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
  async run<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<Change<T>>): Promise<T> {
    signal?.throwIfAborted();
    const line = this.#lines.get(name) ?? { tail: Promise.resolve(), length: 0 };
    if (line.length >= longest) {
      throw torchError('ERR_QUEUE_FULL', `Expected at most ${longest} loads and unloads of ${name} at once`);
    }
    this.#lines.set(name, line);
    line.length++;
    let hasBegun = false;
    const done = line.tail.then(() => {
      signal?.throwIfAborted();
      hasBegun = true;
      return work();
    });
    line.tail = done
      .then(({ end }) => end)
      .catch(() => undefined)
      .then(() => {
        if (--line.length === 0) this.#lines.delete(name);
      });
    return await untilAborted(signal, () => hasBegun, done);
  }

  /** Resolves once nothing is being changed. */
  async idle(): Promise<void> {
    while (this.#lines.size > 0) await Promise.all([...this.#lines.values()].map(({ tail }) => tail));
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
