import { warnOf } from '../../errors.js';
import { referenceOf } from '../../registry/reference.js';
import type { MetricSources, Sample } from '../../monitoring/gauges-sources.js';
import type { Logger } from '../../monitoring/logging.js';
import { RealisedVersions, type LabelledPart } from '../../monitoring/performance/index.js';
import type { DriftLevel, FeatureReport, MonitoringReport, WindowReport } from '../../monitoring/report.js';
import { HubWatch, systemWindowClock, type WindowClock } from './hub-watch.js';
import type { DriftEvent, MonitoringLimits } from './options.js';
import type { MonitoringSink, ObservedCounts, ObservedPart, Watched } from './sink.js';
import { keyOf, type WatchKey } from './watch-key.js';

interface HubParts {
  readonly limits: MonitoringLimits;
  readonly logger: Logger;
  readonly onDrift?: ((event: DriftEvent) => void) | undefined;
  readonly clock?: WindowClock;
}

/** What a hub tells the metrics. */
export type MonitoringSources = Required<Pick<MetricSources, 'monitoring' | 'driftWindows'>>;

interface Known {
  readonly key: WatchKey;
  /** Undefined where the record has no statistics that can be used. */
  readonly watch: HubWatch | undefined;
  /** What to do then. */
  readonly hint: string;
}

/** How often it is asked whether a window is to be closed. */
const tickMs = 1000;

/**
 * Puts together what all processes observe, closes windows, and says what they are. There is one for each server: in its
 * process, or in the primary process of several.
 */
export class Hub implements MonitoringSink {
  readonly #parts: HubParts;
  readonly #clock: WindowClock;
  readonly #watches = new Map<string, Known>();
  readonly #realised = new RealisedVersions();
  #timer: NodeJS.Timeout | undefined;
  /** Windows that wait for their evaluation, which comes one after the other. */
  readonly #waiting = new Set<HubWatch>();
  #evaluating: Promise<void> = Promise.resolve();

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemWindowClock;
  }

  watch({ record, ...key }: Watched): void {
    const id = keyOf(key);
    if (this.#watches.has(id)) return;
    const { limits } = this.#parts;
    let watch: HubWatch | undefined;
    try {
      const reference = record && referenceOf(record);
      watch = reference && new HubWatch(key, reference, limits, this.#clock);
    } catch (err) {
      const { model, version } = key;
      this.#parts.logger.error({ model, version, err }, 'the training statistics of a model cannot be used');
    }
    this.#watches.set(id, { key, watch, hint: hintOf(record) });
    if (!watch) return;
    this.#timer ??= setInterval(() => void this.tick(), tickMs).unref();
  }

  unwatch(key: WatchKey): void {
    const id = keyOf(key);
    this.#watches.get(id)?.watch?.end();
    this.#watches.delete(id);
    this.#realised.forget(key);
  }

  observe(parts: readonly ObservedPart[]): void {
    // What a process says late, of a version that is gone, counts no more.
    for (const part of parts) this.#watches.get(keyOf(part))?.watch?.observe(part);
  }

  /** The same, of another process. What is of another build is left out. */
  observeCounts(parts: readonly ObservedCounts[]): void {
    for (const part of parts) {
      try {
        this.#watches.get(keyOf(part))?.watch?.observeCounts(part);
      } catch (error) {
        warnOf(error);
      }
    }
  }

  labelled(parts: readonly LabelledPart[]): void {
    // A label may come after its version has gone, or after others have come in its place.
    for (const part of parts) if (this.#watches.has(keyOf(part))) this.#realised.add(part);
  }

  reports(model?: string): Promise<readonly MonitoringReport[]> {
    return Promise.resolve(this.latest(model));
  }

  latest(model?: string): readonly MonitoringReport[] {
    const all = [...this.#watches.values()].filter(({ key }) => model === undefined || key.model === model);
    return all.map((known) => {
      return { ...(known.watch?.report() ?? withoutStatistics(known)), realised: this.#realised.of(known.key) };
    });
  }

  /** For the metrics, read when somebody asks for them. */
  readonly sources: MonitoringSources = {
    monitoring: () => this.latest(),
    driftWindows: () => [...this.#watches.values()].flatMap(({ watch }) => (watch ? windowsOf(watch) : [])),
  };

  /** Closes the windows that are due, one after the other. Resolves once they are evaluated. */
  tick(): Promise<void> {
    for (const { watch } of this.#watches.values()) {
      if (!watch?.isDue || this.#waiting.has(watch)) continue;
      this.#waiting.add(watch);
      this.#evaluating = this.#evaluating.then(() => this.#evaluate(watch));
    }
    return this.#evaluating;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { watch } of this.#watches.values()) watch?.end();
    this.#watches.clear();
  }

  async #evaluate(watch: HubWatch): Promise<void> {
    this.#waiting.delete(watch);
    try {
      this.#tell(watch.key, await watch.close());
    } catch (error) {
      // A verdict that cannot be made is no reason to end the server.
      warnOf(error);
    }
  }

  #tell({ model, version }: WatchKey, window: WindowReport | undefined): void {
    if (window?.level !== 'drift') return;
    const { rows, from, to } = window;
    const drifted = window.features.filter(({ level }) => level === 'drift');
    const features = drifted.slice(0, mostLogged).map(inFewDigits);
    this.#parts.logger.warn({ model, version, rows, from, to, drifted: drifted.length, features }, saidOfDrift);
    try {
      this.#parts.onDrift?.({ model, version, window });
    } catch (error) {
      warnOf(error);
    }
  }
}

/** Features of a line of the log. */
const mostLogged = 16;
const saidOfDrift = 'drift: this window is not what the model was trained on';

const levels: readonly DriftLevel[] = ['ok', 'possible', 'drift', 'too few'];

/** A count that is 0 is one too: what rises from nothing is no rise to Prometheus. */
function windowsOf({ key: { model, version }, closed }: HubWatch): Sample[] {
  return levels.map((level) => ({ value: closed.get(level) ?? 0, labels: { model, version, level } }));
}

/** For people: what came out of it, to four digits. */
function inFewDigits({ feature, test, statistic, threshold, adjusted }: FeatureReport) {
  const short = (value: number): number => Number(value.toPrecision(4));
  return { feature, test, statistic: short(statistic), threshold: short(threshold), p: short(adjusted) };
}

function withoutStatistics({ key: { model, version }, hint }: Known): Omit<MonitoringReport, 'realised'> {
  return { model, version, status: 'no statistics', hint, open: undefined, windows: [], estimated: undefined };
}

function hintOf(record: Watched['record']): string {
  if (!record) return `It is a file without a record: ${adds} makes one that says what is usual.`;
  if (record.trainingStatistics) return 'The training statistics of its record cannot be used: the log says why.';
  return `Its record has no training statistics: ${adds} adds a version that has.`;
}

const adds = '"node-libtorch registry add FILE --data TRAINING.npy"';
