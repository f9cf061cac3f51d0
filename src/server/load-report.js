/** The format that the header names; undefined for others. */
export function loadFormat(header) {
    const name = typeof header === 'string' ? header.trim().toUpperCase() : undefined;
    return name === 'TEXT' || name === 'JSON' ? name : undefined;
}
/**
 * How loaded a model is, or all of them, as the header `endpoint-load-metrics` says it (ORCA, the load report of Envoy and
 * gRPC: https://github.com/envoyproxy/envoy/issues/6614). `application_utilization` is what runs and waits over what can run at
 * once: above 1 requests wait.
 */
export function loadReport(format, host, served) {
    let queueDepth = 0;
    let inFlight = 0;
    let wanted = 0;
    let slots = 0;
    for (const model of served ? [served] : host.list()) {
        const load = loadOf(model);
        queueDepth += load.queueDepth;
        inFlight += model.inFlight;
        wanted += load.wanted;
        slots += load.slots;
    }
    const utilization = slots === 0 ? 0 : Math.round((wanted / slots) * 1000) / 1000;
    if (format === 'TEXT') {
        return `TEXT application_utilization=${utilization},named_metrics.queue_depth=${queueDepth},named_metrics.requests_in_flight=${inFlight}`;
    }
    const named_metrics = { queue_depth: queueDepth, requests_in_flight: inFlight };
    return `JSON ${JSON.stringify({ application_utilization: utilization, named_metrics })}`;
}
/** Rows that wait; runs that are wanted at the moment, and those that can be at once. */
function loadOf({ model, queue, inFlight }) {
    const slots = model.info.instances;
    if (!queue)
        return { queueDepth: Math.max(0, inFlight - slots), wanted: inFlight, slots };
    const { waitingRows, batchesInFlight, batchCapacity } = queue.stats();
    return { queueDepth: waitingRows, wanted: batchesInFlight + waitingRows / batchCapacity, slots };
}
