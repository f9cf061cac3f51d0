import type { Worker } from 'node:cluster';
import { sayError, warnOf } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import type { LabelledPart } from '../../monitoring/performance/index.js';
import type { MonitoringReport } from '../../monitoring/report.js';
import type { Hub, MonitoringSources } from '../../server/monitoring/hub.js';
import type { MonitoringSink, ObservedPart, Watched } from '../../server/monitoring/sink.js';
import type { WatchKey } from '../../server/monitoring/watch-key.js';
import type { Settings } from '../../server/settings/table.js';
import { send, type ToPrimary } from './messages.js';

/**
 * What the workers observe, put together in the primary process. Versions and their statistics stay when a worker ends: the
 * others have them, or the next one.
 */
export class ClusterMonitoring implements MonitoringSink {
  readonly #settings: Settings;
  readonly #logger: Logger;
  #hub: Promise<Hub> | undefined;
  #made: Hub | undefined;

  constructor(settings: Settings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  onMessage(worker: Worker, message: ToPrimary): void {
    if (message.kind === 'watched') this.watch(message.version);
    if (message.kind === 'unwatched') this.unwatch(message.version);
    if (message.kind === 'observed') this.#tell((hub) => hub.observeCounts(message.parts));
    if (message.kind === 'labelled') this.labelled(message.parts);
    if (message.kind === 'askMonitoring') void this.#answer(worker, message);
  }

  watch(version: Watched): void {
    this.#tell((hub) => hub.watch(version));
  }

  unwatch(version: WatchKey): void {
    this.#tell((hub) => hub.unwatch(version));
  }

  observe(parts: readonly ObservedPart[]): void {
    this.#tell((hub) => hub.observe(parts));
  }

  labelled(parts: readonly LabelledPart[]): void {
    this.#tell((hub) => hub.labelled(parts));
  }

  reports(model?: string): Promise<readonly MonitoringReport[]> {
    return this.#then((hub) => hub.latest(model));
  }

  /** For the metrics: no worker has them, or they would be added up. */
  readonly sources: MonitoringSources = {
    monitoring: () => this.#made?.sources.monitoring() ?? [],
    driftWindows: () => this.#made?.sources.driftWindows() ?? [],
  };

  #tell(use: (hub: Hub) => void): void {
    // What fails of what is only watched ends no server.
    this.#then(use).catch(warnOf);
  }

  /** A primary process that hears nothing of any version needs none of the modules. What is asked for comes in its order. */
  #then<T>(use: (hub: Hub) => T): Promise<T> {
    this.#hub ??= import('../../server/monitoring/hub.js').then(
      ({ Hub: Made }) => (this.#made = new Made({ limits: this.#settings, logger: this.#logger })),
    );
    return this.#hub.then(use);
  }

  async #answer(worker: Worker, { question, model }: Extract<ToPrimary, { readonly kind: 'askMonitoring' }>) {
    try {
      send(worker, { kind: 'monitoring', question, reports: await this.reports(model) });
    } catch (thrown) {
      send(worker, { kind: 'monitoring', question, reports: [], error: sayError(thrown) });
    }
  }
}
