import type { CanaryCounts } from '../../monitoring/canary/counts.js';
import { CanaryJudge } from '../../monitoring/canary/judge.js';
import type { CanaryVerdict } from '../../monitoring/canary/verdict.js';
import type { CanaryReport, CanarySettings } from './options.js';

/** What is beside a canary. */
export interface Beside {
  /** The version that gets the rest; empty for none. */
  readonly stable: string;
  /** By which that is served: it moves when the canary is promoted. */
  readonly promotes?: string | undefined;
}

/** What a canary was told, what was seen of it and how it has ended; in the process that decides. */
export class CanaryState {
  readonly model: string;
  #settings: CanarySettings;
  #judge: CanaryJudge;
  #since = new Date().toISOString();
  #verdict: CanaryVerdict | undefined;
  /** It is being promoted, or set anew: that is decided, and no verdict comes in between. */
  isHeld = false;

  constructor(model: string, settings: CanarySettings) {
    this.model = model;
    this.#settings = settings;
    this.#judge = new CanaryJudge(settings);
  }

  get settings(): CanarySettings {
    return this.#settings;
  }

  get isRunning(): boolean {
    return this.#verdict === undefined;
  }

  /** Why it was rolled back. */
  get verdict(): CanaryVerdict | undefined {
    return this.#verdict;
  }

  /** Whether settings are other options of this canary, which runs, and do not begin another one. */
  goesOnWith({ version, alias }: CanarySettings): boolean {
    return this.isRunning && this.#settings.version === version && this.#settings.alias === alias;
  }

  /** Other options of the same canary: what was seen of it goes on to count. */
  change(settings: CanarySettings): void {
    this.#settings = settings;
    this.#judge.limitTo(settings);
  }

  /** What it is compared with is another model now: nothing was seen of that. */
  forget(): void {
    this.#judge = new CanaryJudge(this.#settings);
  }

  add(counts: CanaryCounts, now: number): void {
    this.#judge.add(counts, now);
  }

  /** The limit that it has broken, if it runs and has. */
  check(now: number): CanaryVerdict | undefined {
    return this.isRunning && !this.isHeld ? this.#judge.verdict(now) : undefined;
  }

  rollBack(verdict: CanaryVerdict): void {
    this.#verdict = verdict;
    this.#since = new Date().toISOString();
  }

  report({ stable, promotes }: Beside, now: number): CanaryReport {
    const { model, settings, isRunning } = this;
    const { version, share, ...limits } = settings;
    const { limit, reason, numbers } = this.#verdict ?? { numbers: this.#judge.numbers(now) };
    return {
      ...{ model, version, stable, state: isRunning ? 'running' : 'rolled back', share: isRunning ? share : 0 },
      ...(limit && { limit }),
      ...(reason !== undefined && { reason }),
      ...{ ...limits, since: this.#since, numbers },
      ...(promotes !== undefined && { promotes }),
    };
  }
}
