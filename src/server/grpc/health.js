import { torchError } from '../../errors.js';
import { rpcs } from '../../protocol/grpc/rpcs.js';
import { readiness } from '../readiness.js';
import { isReady } from './models.js';
/** How often a watched status is looked at. */
const lookMs = 250;
/** Services that stand for the server as a whole. */
const wholeServer = new Set(['', 'inference.GRPCInferenceService']);
/**
 * Whether a service serves. The empty name and that of the protocol are the server; any other one is a model.
 * Source: grpc/grpc `doc/health-checking.md`.
 */
function statusOfService(context, service) {
    const { status } = readiness(context);
    const serving = status === 'ready' ? 'SERVING' : 'NOT_SERVING';
    if (wholeServer.has(service))
        return serving;
    const versions = context.host.list().filter(({ name }) => name === service);
    if (versions.length === 0)
        return undefined;
    return versions.some((served) => isReady(context, served)) ? 'SERVING' : 'NOT_SERVING';
}
export function healthCheck({ context }, { service }) {
    const status = statusOfService(context, service);
    if (status === undefined) {
        throw torchError('ERR_MODEL_NOT_FOUND', 'Expected an empty service, or the name of a model that is served');
    }
    return { status };
}
/** Sends the status at once and whenever it has changed, until the client goes or the server closes. */
export function healthWatch(stream) {
    const { context, grpc, stopping, request } = stream;
    let said;
    let isSending = false;
    const look = () => {
        if (isSending)
            return;
        const status = statusOfService(context, request?.service ?? '') ?? 'SERVICE_UNKNOWN';
        if (status === said)
            return;
        said = status;
        isSending = true;
        void stream.send({ status }).then(() => (isSending = false));
    };
    const timer = setInterval(look, lookMs);
    timer.unref();
    const stop = () => {
        clearInterval(timer);
        stream.end(torchError('ERR_DRAINING', 'The server is shutting down'));
    };
    stopping.addEventListener('abort', stop, { once: true });
    grpc.signal.addEventListener('abort', () => {
        clearInterval(timer);
        stopping.removeEventListener('abort', stop);
    }, { once: true });
    look();
}
