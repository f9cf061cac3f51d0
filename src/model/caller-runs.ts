import { setImmediate } from 'node:timers';
import { copyArgument } from '../tensor/value.js';
import type { BoundArguments } from '../signature/bind.js';
import { runWith, type EngineModel, type Run } from './engine.js';
import { InlineRuns, type Form, type InlineStats } from './inline-runs.js';
import type { Execution } from './model.js';

type Ended = ReturnType<EngineModel['run']>;

/** Does the runs of one model that are done on the calling thread; what is known of them, `InlineRuns` knows. */
export class CallerRuns {
  readonly #engine: EngineModel;
  readonly #inline: InlineRuns;
  readonly #isModelIdle: () => boolean;
  /** Begins the run that waits for the next turn of the event loop. */
  #beginPostponed: (() => void) | undefined;

  /**
   * @param off why no run of the model may be on the calling thread
   * @param isModelIdle nothing of it runs or waits
   */
  constructor(engine: EngineModel, off: string | undefined, isModelIdle: () => boolean) {
    this.#engine = engine;
    this.#inline = new InlineRuns(engine.runHere ? off : 'its engine runs it elsewhere');
    this.#isModelIdle = isModelIdle;
  }

  get stats(): InlineStats {
    return this.#inline.stats;
  }

  /** Runs that wait for the next turn: one, or none. */
  get postponed(): number {
    return this.#beginPostponed ? 1 : 0;
  }

  get isTurnTaken(): boolean {
    return this.#inline.isTurnTaken;
  }

  /** A run has come from outside of any queue. Whether such runs come one by one. */
  came(): boolean {
    const { calm } = this.#inline;
    calm.came(this.#isIdle);
    return calm.isThere;
  }

  /** What is known of such calls; undefined for those that are never on the calling thread. */
  formOf(method: string, values: BoundArguments): Form | undefined {
    if (!this.#engine.boundedMethods?.has(method)) return undefined;
    return this.#inline.formOf(method, values);
  }

  /** Whether runs on a worker still have something to say of this form. */
  isLearning(form: Form): boolean {
    return this.#inline.isLearning(form);
  }

  /** Learns from a run on a worker. */
  learn(form: Form, ended: Ended): void {
    if (!this.#inline.isLearning(form)) return;
    ended.then(
      ({ timings, heldMs = timings.runMs }) => this.#inline.learn(form, heldMs),
      () => undefined, // whoever asked for the run is told
    );
  }

  /** Its calls are known to be short, and nothing of the model runs or waits. */
  mayRun(form: Form): boolean {
    return this.#inline.isKnown(form) && this.#isIdle;
  }

  /** Runs it; undefined where the engine does not. @throws what the model raises */
  run(run: Run): Execution | undefined {
    this.#inline.takeTurn();
    return this.#engine.runHere?.(run, this.#ran);
  }

  readonly #ran = (heldMs: number, runMs: number): void => {
    this.#inline.ran(heldMs, runMs);
  };

  /**
   * Runs it in the next turn of the event loop; or on a worker, as soon as another run comes.
   * @param isOwned nobody changes the run's values meanwhile; else they are copied
   */
  postpone(run: Run, isOwned: boolean): Promise<Execution> {
    const { names, limits } = run;
    const own = isOwned
      ? run
      : runWith(
          run,
          run.values.map((value, i) => copyArgument(value, names[i] ?? `argument ${i}`)),
          limits,
        );
    return new Promise((resolve, reject) => {
      const begin = (mayBeHere: boolean): void => {
        if (this.#beginPostponed !== onWorker) return;
        this.#beginPostponed = undefined;
        try {
          const execution = mayBeHere && !this.#inline.isTurnTaken ? this.run(own) : undefined;
          resolve(execution ?? this.#engine.run(own));
        } catch (error) {
          reject(error);
        }
      };
      const onWorker = (): void => {
        begin(false);
      };
      this.#beginPostponed = onWorker;
      setImmediate(begin, true);
    });
  }

  /** Another run comes: what was postponed came first. */
  beginPostponed(): void {
    this.#beginPostponed?.();
  }

  get #isIdle(): boolean {
    return this.#beginPostponed === undefined && this.#isModelIdle();
  }
}
