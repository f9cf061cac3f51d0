import { AggregatorRegistry, Registry } from 'prom-client';
/** The metrics of several processes as one: counters and histograms are added up, gauges as each of them says. */
export class AggregatedMetrics {
    #latest = new Map();
    /** Counts of processes that have ended: without them a sum would go down, which reads as a restart of everything. */
    #ended = [];
    /** The state of a process, until its next one. */
    update(process, snapshot) {
        this.#latest.set(process, snapshot);
    }
    /** A process has ended; what it counted since its last snapshot is lost. */
    async end(process) {
        const last = this.#latest.get(process);
        if (!last || !this.#latest.delete(process))
            return;
        const counts = last.filter(({ type }) => type === 'counter' || type === 'histogram');
        this.#ended = await aggregate([this.#ended, counts]).getMetricsAsJSON();
    }
    /** All in the text format of Prometheus. */
    text() {
        return aggregate([...this.#latest.values(), this.#ended]).metrics();
    }
}
function aggregate(snapshots) {
    // The declarations ask for one object; the function takes a list of lists.
    return AggregatorRegistry.aggregate(snapshots);
}
