import { onAbort } from '../async/ticket.js';
import { Changes, type Change, type TurnOptions } from './changes.js';

/** What decides when a change may begin. */
export interface TurnHooks {
  /** Settles when the start of the host is over, however it ended. */
  readonly started: () => Promise<void>;
  /** @throws unless the host takes changes */
  readonly requireOpen: () => void;
}

/**
 * The changes of one host, each in its turn: those of a name come one after the other, those that are asked for before the start is over
 * come after it, and the end of the host ends them all.
 */
export class Turns {
  readonly #changes = new Changes();
  readonly #ending = new AbortController();
  readonly #hooks: TurnHooks;

  constructor(hooks: TurnHooks) {
    this.#hooks = hooks;
  }

  /** Aborted by the end of the host, with the reason of `end`: the start follows it too. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * One change of a name, when its turn has come.
   * @param work gets a signal that is aborted with the caller's, and by the end of the host
   * @throws what `requireOpen` and `work` throw, ERR_QUEUE_FULL, the reason of whichever signal was first
   */
  async run<T>(
    name: string,
    { signal, after }: TurnOptions,
    work: (signal: AbortSignal) => Promise<Change<T>>,
  ): Promise<T> {
    const both = new AbortController();
    const unfollow = [signal, this.signal].map((each) => {
      if (each?.aborted) both.abort(each.reason);
      return each ? onAbort(each, () => both.abort(each.reason)) : () => undefined;
    });
    try {
      return await this.#changes.run(name, { signal: both.signal, after }, async () => {
        await this.#hooks.started();
        both.signal.throwIfAborted();
        this.#hooks.requireOpen();
        return work(both.signal);
      });
    } finally {
      for (const stop of unfollow) stop();
    }
  }

  /** Ends what waits and what is under way, and refuses what comes later, with this reason. */
  end(reason: Error): void {
    this.#ending.abort(reason);
  }

  /** Resolves once nothing is being changed. */
  idle(): Promise<void> {
    return this.#changes.idle();
  }
}
