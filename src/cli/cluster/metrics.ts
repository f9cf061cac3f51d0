import cluster, { type Worker } from 'node:cluster';
import { sayError } from '../../errors.js';
import { AggregatedMetrics, type MetricsSnapshot } from '../../monitoring/aggregate.js';
import { gaugesOf } from '../../monitoring/gauges.js';
import type { MetricSources } from '../../monitoring/gauges-sources.js';
import { countOf } from '../../monitoring/metrics-table.js';
import { startTime } from '../../monitoring/process-metrics.js';
import { send, type ToPrimary } from './messages.js';

/** A worker that says nothing for so long stands with the last that is known of it. */
const patienceMs = 1000;

/** The metrics of all workers, in the primary process. */
export class ClusterMetrics {
  /** What this process itself can tell, beside its workers. Whoever has something to tell adds its member. */
  readonly sources: MetricSources = {};
  /** Connections that no worker saw, and errors when they were accepted: both are added to what the workers count. */
  connections: () => { readonly dropped: number; readonly acceptErrors: number } = () => ({
    dropped: 0,
    acceptErrors: 0,
  });
  readonly #metrics = new AggregatedMetrics();
  #round = 0;
  #waitingFor = new Set<number>();
  #complete: () => void = () => undefined;
  #collecting: Promise<string> | undefined;
  /** What was counted at the admin port. */
  #own: MetricsSnapshot = [];

  onMessage(worker: Worker, message: ToPrimary): void {
    if (message.kind === 'askMetrics') void this.#answer(worker, message.question);
    // What a worker said last may arrive after its end, when its counts have been put aside already.
    if (message.kind !== 'snapshot' || worker.isDead()) return;
    this.#metrics.update(worker.id, message.snapshot);
    if (message.round === this.#round) this.#heardOf(worker.id);
  }

  onExit(worker: Worker): void {
    this.#metrics.end(worker.id);
    this.#heardOf(worker.id);
  }

  /** The metrics of all workers, and what this process has counted itself. */
  async text(own?: () => Promise<MetricsSnapshot>): Promise<string> {
    // Of what a server says here only what came over the admin port: it answers no predictions.
    if (own) this.#own = (await own()).filter(({ name }) => name.startsWith('node_libtorch_http_'));
    // Questions that come together share a round.
    return (this.#collecting ??= this.#collect().finally(() => (this.#collecting = undefined)));
  }

  async #answer(worker: Worker, question: number): Promise<void> {
    try {
      send(worker, { kind: 'metrics', question, text: await this.text() });
    } catch (thrown) {
      send(worker, { kind: 'metrics', question, text: '', error: sayError(thrown) });
    }
  }

  async #collect(): Promise<string> {
    this.#round++;
    const asked = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected()) as Worker[];
    this.#waitingFor = new Set(asked.map(({ id }) => id));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#complete = () => {
        clearTimeout(timer);
        resolve();
      };
      if (asked.length === 0) this.#complete();
      for (const worker of asked) send(worker, { kind: 'collect', round: this.#round });
    });
    const { dropped, acceptErrors } = this.connections();
    const ofPorts = [countOf('dropped', dropped), countOf('acceptErrors', acceptErrors)];
    this.#metrics.update(0, [...(await gaugesOf(this.sources)), startTime(), ...ofPorts, ...this.#own]);
    return this.#metrics.text();
  }

  #heardOf(worker: number): void {
    if (this.#waitingFor.delete(worker) && this.#waitingFor.size === 0) this.#complete();
  }
}
