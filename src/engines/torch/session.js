import { computeBudget } from '../../model/compute-budget.js';
import { availableCores } from '../../model/threads.js';
import { argumentsToWire, fromWire } from './wire.js';
/** Instances of all models of this environment that were loaded and not disposed. */
let liveInstances = 0;
/** Said once. */
let crowded = false;
/** A model that the addon holds. */
export class TorchSession {
    info;
    /** Of a compiled package: the trees of inputs and outputs. */
    callSpec;
    #started;
    #handle;
    #freed;
    constructor({ started, freed }, handle, info, callSpec) {
        this.#started = started;
        this.#handle = handle;
        this.#freed = freed;
        this.info = info;
        this.callSpec = callSpec;
    }
    /**
     * Loads a model on threads of its own.
     * @throws as loadModel. Nothing is left behind then; an aborted load ends in the background.
     */
    static async open(request) {
        const { started, artifact, options, source, freed } = request;
        const { addon, dispatcher, threads } = started;
        const { instances, maxPending, signal, device, precision, outputDtype, optimize, operatorLibraries } = options;
        const handle = addon.createModel(instances, maxPending);
        try {
            const { value } = await dispatcher.start((id) => {
                const how = { device, precision, outputDtype, optimize, autograd: autogradOf(options), operatorLibraries };
                addon.load(id, handle, { ...source, ...how });
                artifact.release(); // the load keeps what it reads, and frees it when it ends
            }, { signal });
            const { callSpec, statefulReason, ...said } = fromWire(value);
            const { sha256, size } = artifact;
            const why = statefulReason ? { statefulReason } : {};
            const info = { ...said, ...why, instances, maxPending, sha256, artifactBytes: size };
            addon.reportMemory(handle, info.parameterBytes);
            liveInstances += instances;
            warnOfCrowding(threads.intraOp);
            return new TorchSession(request, handle, info, callSpec);
        }
        catch (error) {
            const disposal = disposeHandle(started, handle).then(freed);
            if (!signal?.aborted)
                await disposal;
            throw error;
        }
    }
    async run({ method, values, names, limits, accepted, finished, instance = -1, scratch = false, }) {
        const wire = argumentsToWire(values, names);
        const { addon, dispatcher } = this.#started;
        const { signal, timeoutMs } = limits;
        const { value, timings } = await dispatcher.start((id) => {
            addon.run(id, this.#handle, method, wire, instance, scratch);
            accepted();
        }, { signal, timeoutMs, handle: this.#handle, onFinished: finished });
        return { value: fromWire(value), timings };
    }
    busy() {
        const [running, oldestMs, youngestMs] = this.#started.addon.busy(this.#handle);
        return { running, oldestMs, youngestMs };
    }
    async free() {
        liveInstances -= this.info.instances;
        await disposeHandle(this.#started, this.#handle);
        await this.#freed?.();
    }
}
function autogradOf({ autograd }) {
    if (autograd === undefined)
        return 'auto';
    return autograd ? 'on' : 'off';
}
async function disposeHandle({ addon, dispatcher }, handle) {
    await dispatcher.start((id) => {
        addon.dispose(id, handle);
    });
}
/** One model may not have more threads than there are cores (loadModel); several together may, and are slower then. */
function warnOfCrowding(intraOp) {
    const cores = Math.max(1, Math.floor(availableCores()));
    // With a compute budget they take turns.
    if (crowded || liveInstances * intraOp <= cores || computeBudget.slots <= cores)
        return;
    crowded = true;
    process.emitWarning(`The models of this process may use ${liveInstances * intraOp} threads at once on ${cores} cores: all are slower while all run; fewer instances or threads avoid it (docs/threads.md)`, 'NodeLibtorchWarning');
}
