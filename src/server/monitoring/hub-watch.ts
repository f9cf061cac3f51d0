import { DriftMonitor } from '../../monitoring/drift/monitor.js';
import { Profile } from '../../monitoring/drift/profile.js';
import type { Reference } from '../../monitoring/drift/reference.js';
import { estimating, PerformanceProfile, type Calibration } from '../../monitoring/performance/index.js';
import type { DriftLevel, EstimatedPerformance, MonitoringReport, WindowReport } from '../../monitoring/report.js';
import { inSlices } from '../../statistics/index.js';
import { calibrationOf } from './calibration.js';
import { falseAlarmsOf, type MonitoringLimits } from './options.js';
import type { ObservedCounts, ObservedPart } from './sink.js';
import type { WatchKey } from './watch-key.js';

/** How many closed windows are kept of a version. */
const keptWindows = 48;

/** Of a window that was closed by its age: below that nothing is said of it. */
const fewRows = 50;

/** Time as windows see it, in milliseconds: one never runs backwards, the other has dates. */
export interface WindowClock {
  now(): number;
  date(): number;
}

export const systemWindowClock: WindowClock = { now: () => performance.now(), date: () => Date.now() };

/** The windows of one version. A window begins with its first row. */
export class HubWatch {
  readonly key: WatchKey;
  readonly #reference: Reference;
  readonly #calibration: Calibration | undefined;
  readonly #limits: MonitoringLimits;
  readonly #clock: WindowClock;
  readonly #monitor: DriftMonitor;
  readonly #end = new AbortController();
  readonly #windows: WindowReport[] = [];
  readonly #closed = new Map<DriftLevel, number>();
  #performance: PerformanceProfile | undefined;
  /** When the first row of the open window came. */
  #since: number | undefined;
  #evaluating = false;
  #estimated: EstimatedPerformance | undefined;

  constructor(key: WatchKey, reference: Reference, limits: MonitoringLimits, clock: WindowClock) {
    this.key = key;
    this.#reference = reference;
    this.#calibration = calibrationOf(reference);
    this.#limits = limits;
    this.#clock = clock;
    const { driftWindowRows, driftPreset: preset } = limits;
    const leastRows = Math.min(driftWindowRows, fewRows);
    this.#monitor = new DriftMonitor(reference, { level: falseAlarmsOf(limits), preset, leastRows }, () =>
      clock.date(),
    );
    this.#performance = this.#newPerformance();
  }

  observe({ profile, performance: counted }: ObservedPart): void {
    if (profile.rows === 0) return;
    this.#since ??= this.#clock.now();
    this.#monitor.merge(profile);
    if (counted) this.#performance?.merge(counted);
  }

  /** The same, as a message has it. */
  observeCounts({ profile, performance: counted, ...key }: ObservedCounts): void {
    const calibration = this.#calibration;
    this.observe({
      ...key,
      profile: Profile.from(this.#reference, profile),
      performance: calibration && counted && PerformanceProfile.from(calibration, counted),
    });
  }

  /** Whether the open window is to be closed now. While one is evaluated the next one waits. */
  get isDue(): boolean {
    if (this.#since === undefined || this.#evaluating) return false;
    const seconds = (this.#clock.now() - this.#since) / 1000;
    const { driftWindowRows, driftWindowSeconds, driftWindowMaxSeconds } = this.#limits;
    const isFull = this.#monitor.rows >= driftWindowRows && seconds >= driftWindowSeconds;
    return isFull || seconds >= driftWindowMaxSeconds;
  }

  /** Closes the open window and says what it is; undefined where the watch ends meanwhile. The next row begins another. */
  async close(): Promise<WindowReport | undefined> {
    const { signal } = this.#end;
    if (signal.aborted) return undefined;
    const counted = this.#performance;
    this.#performance = this.#newPerformance();
    this.#since = undefined;
    this.#evaluating = true;
    try {
      const report = await this.#monitor.closeWindow({ signal });
      const estimated = await this.#estimate(report, counted, signal);
      this.#keep(report, estimated);
      return report;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    } finally {
      this.#evaluating = false;
    }
  }

  /** What is evaluated is dropped. */
  end(): void {
    this.#end.abort();
  }

  /** Closed windows by their level, since the watch began. */
  get closed(): ReadonlyMap<DriftLevel, number> {
    return this.#closed;
  }

  report(): Omit<MonitoringReport, 'realised'> {
    const { model, version } = this.key;
    const { from, rows } = this.#monitor;
    return {
      ...{ model, version, status: 'watching' },
      open: from === undefined ? undefined : { from, rows, needed: this.#limits.driftWindowRows },
      windows: [...this.#windows],
      estimated: this.#estimated,
    };
  }

  async #estimate(
    { rows }: WindowReport,
    counted: PerformanceProfile | undefined,
    signal: AbortSignal,
  ): Promise<EstimatedPerformance | undefined> {
    if (this.#calibration && counted) return inSlices(estimating(this.#calibration, counted), signal);
    return this.#reference.prediction && { status: 'no calibration', rows };
  }

  #keep(report: WindowReport, estimated: EstimatedPerformance | undefined): void {
    this.#windows.unshift(report);
    this.#windows.length = Math.min(this.#windows.length, keptWindows);
    this.#closed.set(report.level, (this.#closed.get(report.level) ?? 0) + 1);
    this.#estimated = estimated ?? this.#estimated;
  }

  #newPerformance(): PerformanceProfile | undefined {
    return this.#calibration && new PerformanceProfile(this.#calibration);
  }
}
