import { collectDefaultMetrics, Registry } from 'prom-client';
/** Gauges with the suffix of counters. The same numbers, by kind, are in the metrics without it. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];
let registry;
/**
 * CPU, memory, event-loop delay and garbage collection of the process. One registry for all servers in it: each
 * collection installs observers that cannot be removed.
 */
export function processMetrics() {
    if (!registry) {
        registry = new Registry();
        collectDefaultMetrics({ register: registry });
        for (const name of misnamed)
            registry.removeSingleMetric(name);
    }
    return registry;
}
