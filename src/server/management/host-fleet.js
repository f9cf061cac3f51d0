/** The models of the host of this process. */
export class HostFleet {
    #host;
    constructor(host) {
        this.#host = host;
    }
    list() {
        return Promise.resolve(describeHost(this.#host));
    }
    load(model, signal) {
        return new Promise((resolve, reject) => {
            const options = {
                signal,
                beforeSwap() {
                    // The swap comes before the next turn of the event loop; the end of what was replaced may take longer.
                    setImmediate(resolve);
                    return Promise.resolve();
                },
            };
            this.#host.load(model, options).then(() => resolve(), reject);
        });
    }
    unload(name, version) {
        const drained = this.#host.unload(name, version);
        // Who does not wait for it need not handle it.
        drained.catch(() => undefined);
        return Promise.resolve({ drained });
    }
}
/** Every version that a host knows, with what is known of those that are up. */
export function describeHost(host) {
    const up = new Map(host.list().map((served) => [`${served.name} ${served.version}`, served]));
    const defaults = new Set();
    return host.index().map((entry) => {
        const served = up.get(`${entry.name} ${entry.version}`);
        if (!served)
            return entry;
        const isDefault = !defaults.has(entry.name);
        defaults.add(entry.name);
        return { ...entry, isDefault, ...factsOf(served) };
    });
}
function factsOf(served) {
    const { engine, device, instances, sha256 } = served.model.info;
    return { engine, device: device.device, instances, digest: sha256, statistics: summaryOf(served) };
}
function summaryOf(served) {
    const { inference_stats, inference_count, execution_count, last_inference } = served.statistics();
    return {
        success: inference_stats.success.count,
        fail: inference_stats.fail.count,
        rows: inference_count,
        runs: execution_count,
        lastInference: last_inference,
    };
}
