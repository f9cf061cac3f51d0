/** Models whose runs do not end. Nothing can stop a run, so it is found by its age and told to whoever can act. */
import { warnOf } from '../errors.js';
/** The models of a host whose every instance has been in one run for longer than `afterMs`. */
export function stuckModels(host, afterMs) {
    return host.list().flatMap((served) => {
        const { instances, forMs } = youngestOf(served);
        return forMs > afterMs ? [{ model: served.name, version: served.version, instances, forMs }] : [];
    });
}
/** In words, for `/health/ready`. */
export function describeStuck({ model, version, instances, forMs }) {
    const runs = instances === 1 ? 'the run of its only instance has' : `the runs of all ${instances} instances have`;
    return `${model} ${version} is stuck: ${runs} not ended for ${Math.floor(forMs / 1000)} s`;
}
const longestIntervalMs = 5000;
/** Logs each model that is stuck, once, and its return. Returns a function that stops it; the end of the host does too. */
export function reportStuckModels(host, { afterMs, logger, onStuck }) {
    if (afterMs === Infinity)
        return () => undefined;
    const known = new Map();
    const look = () => {
        if (host.state === 'closed')
            clearInterval(timer);
        const stuck = new Map(stuckModels(host, afterMs).map((each) => [`${each.model} ${each.version}`, each]));
        for (const [name, { model, version }] of known) {
            if (stuck.has(name))
                continue;
            known.delete(name);
            logger.info({ model, version }, 'model runs again');
        }
        for (const [name, each] of stuck) {
            if (known.has(name))
                continue;
            known.set(name, each);
            const { forMs, ...facts } = each;
            logger.error({ ...facts, forMs: Math.round(forMs) }, 'model is stuck: no instance has ended its run; if it does not, only a restart of the process helps');
            onStuck?.();
        }
    };
    const timer = setInterval(() => {
        try {
            look();
        }
        catch (error) {
            // A host that is not ours may throw: no reason to end the process.
            warnOf(error);
            clearInterval(timer);
        }
    }, Math.min(longestIntervalMs, Math.max(50, afterMs / 10)));
    timer.unref();
    return () => {
        clearInterval(timer);
    };
}
/** The age of a model's youngest run; 0 where an instance is idle, because the next call runs on that one. */
function youngestOf({ model }) {
    const busy = model.busy;
    if (busy === undefined)
        return { instances: 0, forMs: 0 };
    const { instances } = model.info;
    return { instances, forMs: busy.running >= instances ? busy.youngestMs : 0 };
}
