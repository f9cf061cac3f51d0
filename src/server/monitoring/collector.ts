import { warnOf } from '../../errors.js';
import { referenceOf } from '../../registry/reference.js';
import type { AnsweredEvent, ServedModel } from '../../serving/index.js';
import type { InferenceHost } from '../host.js';
import { CollectorWatch } from './collector-watch.js';
import type { MonitoringLimits } from './options.js';
import { CpuAllowance, RowSampler } from './sampler.js';
import type { MonitoringSink } from './sink.js';
import { watchKeyOf, type WatchKey } from './watch-key.js';

/** How often what was counted goes on its way. */
const tickMs = 1000;

/**
 * Looks at some of the rows that the models of a host answer, in the process that answers them. It costs nothing while no
 * model has training statistics.
 */
export class Collector {
  readonly #host: InferenceHost;
  readonly #sink: MonitoringSink;
  readonly #limits: MonitoringLimits;
  readonly #ended: () => void;
  readonly #allowance = new CpuAllowance();
  /** What serves, as it was when the host was asked last; undefined for what has no statistics. */
  readonly #known = new Map<ServedModel, { readonly key: WatchKey; readonly watch: CollectorWatch | undefined }>();
  readonly #onAnswered = (event: AnsweredEvent): void => this.#look(event);
  readonly #onChange = (): void => this.#compare();
  #isListening = false;
  #isBroken = false;
  #timer: NodeJS.Timeout | undefined;
  #last = performance.now();

  /** @param ended called when the host has closed: an app has no end of its own */
  constructor(
    host: InferenceHost,
    sink: MonitoringSink,
    limits: MonitoringLimits,
    ended: () => void = () => undefined,
  ) {
    this.#ended = ended;
    this.#host = host;
    this.#sink = sink;
    this.#limits = limits;
    host.on('change', this.#onChange);
    this.#compare();
  }

  close(): void {
    this.#host.off('change', this.#onChange);
    this.#listen(false);
  }

  #look(event: AnsweredEvent): void {
    try {
      this.#known.get(event.served)?.watch?.look(event);
    } catch (error) {
      // An answer is never lost for what is only watched.
      this.#broken(error);
    }
  }

  /** Sends what was counted on its way. */
  #tick(): void {
    const now = performance.now();
    const elapsed = (now - this.#last) / 1000;
    this.#last = now;
    try {
      this.#allowance.renew();
      const watches = [...this.#known.values()].flatMap(({ watch }) => watch ?? []);
      for (const { sampler } of watches) sampler.renew(elapsed);
      const parts = watches.flatMap((watch) => watch.take() ?? []);
      if (parts.length > 0) this.#sink.observe(parts);
    } catch (error) {
      this.#broken(error);
    }
    if (this.#host.state !== 'closed') return;
    this.close();
    this.#ended();
  }

  /** Watches what serves now, and no more what does not. */
  #compare(): void {
    const served = new Set(this.#host.list());
    const keys = new Set<string>();
    for (const each of served) {
      const { key } = this.#known.get(each) ?? this.#watch(each);
      keys.add(JSON.stringify(key));
    }
    for (const [each, { key, watch }] of [...this.#known]) {
      if (served.has(each)) continue;
      this.#known.delete(each);
      // Loaded again as it was, it goes on.
      const isBack = keys.has(JSON.stringify(key));
      const part = isBack ? watch?.take() : undefined;
      if (part) this.#sink.observe([part]);
      if (!isBack) this.#sink.unwatch(key);
    }
    this.#listen([...this.#known.values()].some(({ watch }) => watch !== undefined));
  }

  #watch(served: ServedModel) {
    const { record } = served;
    const key = watchKeyOf(served);
    const known = { key, watch: this.#watchOf(served, key) };
    this.#known.set(served, known);
    this.#sink.watch({ ...key, record });
    return known;
  }

  #watchOf({ record }: ServedModel, key: WatchKey): CollectorWatch | undefined {
    try {
      const reference = record && referenceOf(record);
      const { driftWindowRows, driftWindowSeconds } = this.#limits;
      const sampler = new RowSampler(driftWindowRows, driftWindowSeconds, this.#allowance);
      return reference && new CollectorWatch(key, reference, sampler);
    } catch (error) {
      this.#broken(error);
      return undefined;
    }
  }

  #listen(isWanted: boolean): void {
    if (isWanted === this.#isListening) return;
    this.#isListening = isWanted;
    if (isWanted) {
      this.#host.on('answered', this.#onAnswered);
      this.#timer = setInterval(() => this.#tick(), tickMs).unref();
    } else {
      this.#host.off('answered', this.#onAnswered);
      clearInterval(this.#timer);
    }
  }

  /** Said once: what fails for one row fails for many. */
  #broken(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    warnOf(error);
  }
}
