import type { Clock } from '../async/clock.js';
import type { Batchable } from '../model/batchable.js';
import { releaseCall } from '../model/call.js';
import type { ComputeShare } from '../model/compute-budget.js';
import type { Calm } from '../model/inline-runs.js';
import { holdBack } from './delay.js';
import type { ResolvedBatchOptions } from './options.js';
import type { BatchRunner } from './runner.js';
import type { CloseReason } from './stats.js';
import type { Group, Request, Waiting } from './waiting.js';

/** Milliseconds of a batch that is worth handing to the engine ahead of its time. */
const longestAheadMs = 5;

/** What a pump needs of its queue. */
interface PumpHooks {
  isClosing(): boolean;
  /** Nothing waits and nothing runs. */
  idle(): void;
}

/** Decides when a batch begins, and which: takes requests out of those that wait and gives them to the runner. */
export class Pump {
  readonly #info: Batchable['info'];
  readonly #share: ComputeShare | undefined;
  readonly #options: ResolvedBatchOptions;
  readonly #waiting: Waiting;
  readonly #runner: BatchRunner;
  readonly #clock: Clock;
  readonly #calm: Calm;
  readonly #hooks: PumpHooks;
  readonly #turn = {
    begin: (): void => {
      this.run();
    },
  };
  #isDue = false;
  #stopDelay: (() => void) | undefined;

  constructor(
    { info, share }: Batchable,
    options: ResolvedBatchOptions,
    waiting: Waiting,
    runner: BatchRunner,
    clock: Clock,
    calm: Calm,
    hooks: PumpHooks,
  ) {
    this.#info = info;
    this.#share = share;
    this.#options = options;
    this.#waiting = waiting;
    this.#runner = runner;
    this.#clock = clock;
    this.#calm = calm;
    this.#hooks = hooks;
  }

  /**
   * A request has begun to wait. One look per turn of the event loop: calls made in the same turn share a batch. Nobody waits
   * for company that never comes.
   */
  came(isPart: boolean): void {
    if (this.#calm.isThere && !this.#isDue && !isPart) this.run();
    else if (this.#runner.inFlight < this.#info.instances + this.#ahead()) this.runSoon();
  }

  runSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.run();
    });
  }

  /** Starts batches while an instance is idle and requests wait, and those ahead that cannot grow any more. */
  run(): void {
    this.#stopDelay?.();
    this.#stopDelay = undefined;
    const held = new Set<Group>();
    let wait = Infinity;
    let capacity = 0;
    let verdict: CloseReason | undefined;
    const capacityFor = ({ isAlone }: Group): number => (isAlone ? 1 : capacity);
    const isReady = (group: Group): boolean => {
      if (held.has(group)) return false;
      const found = this.#hold(group, capacityFor(group));
      if (typeof found !== 'number') {
        verdict = found; // the group that was found ready last is the one that is taken
        return true;
      }
      held.add(group); // another group may have what it takes
      wait = Math.min(wait, found);
      return false;
    };
    const { instances } = this.#info;
    const most = instances + this.#ahead();
    while (this.#runner.inFlight < most) {
      capacity = this.#runner.capacity;
      const group = this.#waiting.next(isReady);
      if (!group) break;
      // The first in line is not passed by what is full: it would never find an idle instance.
      if (this.#runner.inFlight >= instances && group.rows < capacityFor(group)) break;
      // The compute budget lets it through in its turn, and the batch is formed then.
      if (this.#share?.admits() === false) {
        this.#share.wait(this.#turn);
        break;
      }
      const { requests, reason } = this.#waiting.take(group, capacityFor(group));
      const live = this.#unexpired(requests);
      if (live.length > 0) this.#runner.start(live, verdict ?? reason, this.#calm.isThere);
    }
    if (wait < Infinity) {
      this.#stopDelay = this.#clock.after(wait, () => {
        this.run();
      });
    }
    if (this.#waiting.requests + this.#runner.inFlight === 0) this.#hooks.idle();
  }

  /**
   * How many batches the engine may hold beyond those that run, so that an instance that ends one begins the next without
   * a turn of the event loop. None for batches so long that a turn is nothing beside them: what is held can be overtaken
   * by nobody, and is computed even if it expires.
   */
  #ahead(): number {
    const { instances, maxPending } = this.#info;
    if (this.#share?.isOpen === false) return 0; // others wait for the slots of what would be held
    const runMs = this.#runner.fit.predict(this.#runner.capacity);
    return runMs > 0 && runMs <= longestAheadMs ? Math.min(instances, maxPending) : 0;
  }

  /** Nothing is held back any more once the queue closes. */
  #hold(group: Group, capacity: number): number | CloseReason | undefined {
    if (this.#hooks.isClosing()) return undefined;
    return holdBack(group, capacity, this.#options, this.#runner, this.#clock);
  }

  /** The timer may come late, after a stall of the event loop; what has expired must not run all the same. */
  #unexpired(requests: readonly Request[]): Request[] {
    const now = this.#clock.now();
    return requests.filter((request) => {
      if (request.deadline > now) return true;
      request.expire();
      releaseCall(request.call);
      return false;
    });
  }
}
