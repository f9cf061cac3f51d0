/** The canaries of all workers, in the primary process, which decides: workers say once a second what they have seen. */
import { CanaryCounts } from '../../monitoring/canary/counts.js';
import { Tally } from '../../monitoring/canary/tally.js';
import type { CanaryVerdict } from '../../monitoring/canary/verdict.js';
import type { SeenOfCanary } from '../../serving/canary/canaries.js';
import { CanaryState, type Beside } from '../../serving/canary/state.js';
import type { CanaryReport, CanarySettings } from '../../serving/index.js';
import type { ToldCanary } from './messages.js';

const tickMs = 1000;

interface Running {
  readonly state: CanaryState;
  /** Of the change that has set it last. */
  readonly revision: number;
}

export class ClusterCanaries {
  /** For metrics. */
  readonly rollbacks = new Tally();
  readonly #all = new Map<string, Running>();
  readonly #onVerdict: (name: string, verdict: CanaryVerdict) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onVerdict has it rolled back in every worker */
  constructor(onVerdict: (name: string, verdict: CanaryVerdict) => void) {
    this.#onVerdict = onVerdict;
  }

  get(name: string): CanaryState | undefined {
    return this.#all.get(name)?.state;
  }

  report(name: string, beside: (settings: CanarySettings) => Beside): CanaryReport | undefined {
    const state = this.get(name);
    return state?.report(beside(state.settings), performance.now());
  }

  /** What a worker has to be told to be like the others. */
  told(): readonly ToldCanary[] {
    return [...this.#all].flatMap(([name, { state, revision }]) =>
      state.isRunning ? [{ name, revision, settings: state.settings }] : [],
    );
  }

  /** The same for one name; one that does not run is none. */
  toldOf(name: string, revision: number): ToldCanary {
    const state = this.get(name);
    return { name, revision, ...(state?.isRunning && { settings: state.settings }) };
  }

  /** Every worker has it. */
  set(name: string, settings: CanarySettings, revision: number): void {
    const before = this.get(name);
    const state = before?.goesOnWith(settings) ? before : new CanaryState(name, settings);
    state.change(settings);
    this.#all.set(name, { state, revision });
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref();
  }

  /** From now on no verdict ends it. @returns what lets them come again */
  hold(name: string): () => void {
    const state = this.get(name);
    if (state) state.isHeld = true;
    return () => {
      if (state) state.isHeld = false;
    };
  }

  rollBack(name: string, verdict: CanaryVerdict): void {
    this.get(name)?.rollBack(verdict);
    this.rollbacks.add({ model: name, reason: verdict.limit });
  }

  end(name: string): void {
    this.#all.delete(name);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A worker has found out that it is over: its version is what is stable, or is gone. One that was rolled back is kept. */
  over(name: string, revision: number): CanarySettings | undefined {
    const known = this.#all.get(name);
    if (!known?.state.isRunning || known.revision !== revision) return undefined;
    this.end(name);
    return known.state.settings;
  }

  seen(all: readonly SeenOfCanary[]): void {
    for (const { name, version, isAnew, counts } of all) {
      const state = this.get(name);
      if (!state?.isRunning || state.settings.version !== version) continue;
      // All workers come to it within a second: the last one ends what the others have seen of the pair before.
      if (isAnew) state.forget();
      state.add(CanaryCounts.from(counts), performance.now());
    }
  }

  #tick(): void {
    for (const [name, { state }] of [...this.#all]) {
      const verdict = state.check(performance.now());
      if (verdict) this.#onVerdict(name, verdict);
    }
  }
}
