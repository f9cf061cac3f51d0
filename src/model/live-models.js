/** Infos of the models of this environment (the main thread or a worker) that were loaded and not disposed. */
const live = new Set();
/** A model that nobody disposes of leaves the list when it is collected. Returns the end of its life. */
export function trackModel(model) {
    const reference = new WeakRef(model);
    live.add(reference);
    return () => {
        live.delete(reference);
    };
}
/** In the order in which they were loaded. */
export function liveModels() {
    const models = [];
    for (const reference of live) {
        const model = reference.deref();
        if (!model) {
            live.delete(reference);
            continue;
        }
        const { engine, device, precision, instances, sha256, parameterBytes, artifactBytes } = model.info;
        models.push({ engine, device: device.device, precision, instances, sha256, parameterBytes, artifactBytes });
    }
    return models;
}
