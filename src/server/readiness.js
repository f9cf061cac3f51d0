/** Whether requests are taken, those that are in flight, and the devices that were lost for them. */
import { torchError } from '../errors.js';
import { describeStuck, stuckModels } from './stuck.js';
/** Whether a server is about to end, and the requests it has begun and not yet answered. */
export class Lifecycle {
    #of;
    #leaving = false;
    #inFlight = 0;
    #idleWaiters = [];
    /** @param of a listener of the same server: when it is leaving, so is this one; its requests are counted apart */
    constructor(of) {
        this.#of = of;
    }
    /** Not ready any more; what still arrives is served, and told to close its connection. */
    get leaving() {
        return this.#leaving || this.#of?.leaving === true;
    }
    set leaving(value) {
        this.#leaving = value;
    }
    get inFlight() {
        return this.#inFlight;
    }
    enter() {
        this.#inFlight++;
    }
    leave() {
        if (--this.#inFlight > 0)
            return;
        const waiters = this.#idleWaiters;
        this.#idleWaiters = [];
        for (const resolve of waiters)
            resolve();
    }
    /** Resolves once no request is in flight. */
    idle() {
        if (this.#inFlight === 0)
            return Promise.resolve();
        return new Promise((resolve) => this.#idleWaiters.push(resolve));
    }
}
/**
 * What `/health/ready` says. A server that is leaving is not ready, though it still serves what arrives. One of whose models
 * some could not be loaded is ready for the others, and names those; where none could be loaded it is not ready.
 */
export function readiness({ host, lifecycle, stuckAfterMs }) {
    const index = host.index();
    const models = index.filter(({ state }) => state === 'READY').map(({ name, version }) => ({ name, version }));
    const failed = host.failed().map(({ model, version, code }) => ({ name: model, version, code }));
    if (lifecycle.leaving)
        return { status: 'draining', models };
    if (host.state !== 'ready')
        return { status: host.state, models };
    const lost = host.deviceFailures().map(({ device }) => `device ${device} was lost`);
    if (lost.length > 0)
        return { status: 'failed', reason: lost.join('; '), models };
    const stuck = stuckModels(host, stuckAfterMs).map(describeStuck);
    if (stuck.length > 0)
        return { status: 'stuck', reason: stuck.join('; '), models };
    if (failed.length === 0)
        return { status: 'ready', models };
    if (models.length > 0)
        return { status: 'ready', models, failed };
    return { status: 'failed', reason: 'no model could be loaded', models, failed };
}
/** Asks before the body is read. @throws ERR_DRAINING, ERR_NOT_READY, as the host would */
export function requireServing({ host }) {
    if (host.state === 'draining' || host.state === 'closed') {
        throw torchError('ERR_DRAINING', 'The server is shutting down');
    }
    if (host.state !== 'ready')
        throw torchError('ERR_NOT_READY', 'The model is still loading');
}
/** Asks before the body is read, which may name any model. @throws ERR_QUEUE_FULL when none would take another row */
export function requireRoom({ host }, client) {
    const models = host.list();
    if (models.length === 0 || models.some(({ queue }) => !isFull(queue, client)))
        return;
    throw torchError('ERR_QUEUE_FULL', 'The queue of waiting requests is full');
}
/** The same of one model. @throws ERR_QUEUE_FULL */
export function requireRoomFor({ queue }, client) {
    if (isFull(queue, client))
        throw torchError('ERR_QUEUE_FULL', 'The queue of waiting requests is full');
}
/** A client that has less than its share finds room in a full queue. */
function isFull(queue, client) {
    if (!queue?.isFull)
        return false;
    return client === undefined || queue.isFullFor(client);
}
/** Reports each lost device of a host once: only a restart of the process brings it back. */
export function reportLostDevices(host, logger, onFailure) {
    const known = new Set();
    const onRun = ({ outcome }) => {
        if (outcome !== 'ERR_DEVICE_FAILED')
            return;
        for (const { device, reason } of host.deviceFailures()) {
            if (known.has(device))
                continue;
            known.add(device);
            logger.fatal({ device, reason }, 'device failed: its models answer 503 until this process is restarted');
            onFailure?.();
        }
    };
    host.on('run', onRun);
    return () => {
        host.off('run', onRun);
    };
}
