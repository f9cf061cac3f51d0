import cluster, {} from 'node:cluster';
import { AggregatedMetrics } from '../../monitoring/aggregate.js';
import { send } from './messages.js';
/** A worker that says nothing for so long stands with the last that is known of it. */
const patienceMs = 1000;
/** The metrics of all workers, in the primary process. */
export class ClusterMetrics {
    #metrics = new AggregatedMetrics();
    #round = 0;
    #waitingFor = new Set();
    #complete = () => undefined;
    #collecting;
    onMessage(worker, message) {
        if (message.kind === 'askMetrics')
            void this.#answer(worker, message.question);
        // What a worker said last may arrive after its end, when its counts have been put aside already.
        if (message.kind !== 'snapshot' || worker.isDead())
            return;
        this.#metrics.update(worker.id, message.snapshot);
        if (message.round === this.#round)
            this.#heardOf(worker.id);
    }
    onExit(worker) {
        void this.#metrics.end(worker.id);
        this.#heardOf(worker.id);
    }
    /** The metrics of all workers, and what this process has counted itself. */
    async text(own) {
        // Of the process itself nothing: it answers no predictions.
        if (own)
            this.#metrics.update(0, (await own()).filter(({ name }) => name.startsWith('http_')));
        // Questions that come together share a round.
        return (this.#collecting ??= this.#collect().finally(() => (this.#collecting = undefined)));
    }
    async #answer(worker, question) {
        const text = await this.text();
        send(worker, { kind: 'metrics', question, text });
    }
    async #collect() {
        this.#round++;
        const asked = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected());
        this.#waitingFor = new Set(asked.map(({ id }) => id));
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, patienceMs);
            this.#complete = () => {
                clearTimeout(timer);
                resolve();
            };
            for (const worker of asked)
                send(worker, { kind: 'collect', round: this.#round });
        });
        return this.#metrics.text();
    }
    #heardOf(worker) {
        if (this.#waitingFor.delete(worker) && this.#waitingFor.size === 0)
            this.#complete();
    }
}
