import cluster from 'node:cluster';
import { inject } from '../../server/http/port.js';
import { shutDown } from '../../server/index.js';
import { availableCores } from '../../model/threads.js';
import { send } from './messages.js';
import { exitCodes } from '../report.js';
/** Intra-op threads of each of several processes: a core for each event loop, the rest shared by all instances. */
export function threadsPerWorker({ workers, instances }) {
    return Math.max(1, Math.floor((Math.floor(availableCores()) - workers) / (workers * instances)));
}
const listeners = new Map();
/** What the primary said before anybody here listened for it. */
const early = [];
/** Listens for what the primary says of that kind; who listened before does not any more. */
export function hear(kind, listener) {
    if (listeners.size === 0)
        process.on('message', onMessage);
    listeners.set(kind, listener);
    for (const message of early.splice(0))
        onMessage(...message);
}
function onMessage(message, socket) {
    const listener = listeners.get(message.kind);
    if (listener)
        listener(message, socket);
    else
        early.push([message, socket]);
}
export function tell(message) {
    if (cluster.worker)
        send(cluster.worker, message);
}
/** As createServer's option: every worker answers `/metrics` with those of all. */
export const shareMetrics = (own) => {
    const questions = new Map();
    let last = 0;
    hear('collect', ({ round }) => {
        void own().then((snapshot) => tell({ kind: 'snapshot', round, snapshot }));
    });
    hear('metrics', ({ question, text }) => {
        questions.get(question)?.(text);
        questions.delete(question);
    });
    return () => new Promise((resolve) => {
        questions.set(++last, resolve);
        tell({ kind: 'askMetrics', question: last });
    });
};
const takers = new Map();
let last;
/** From now on the primary's connections of a protocol are taken. It hands them over one by one. */
function takeFromPrimary(protocol, address, take) {
    takers.set(protocol, take);
    hear('connection', ({ number, protocol: spoken }, socket) => {
        if (!socket)
            return;
        tell({ kind: 'took', number });
        takers.get(spoken)?.(socket);
    });
    const until = (last ??= new Promise((resolve) => hear('last', () => resolve())));
    return Promise.resolve({ address, stop: () => until });
}
/** Where the server of this process gets its connections. */
export const fromPrimary = (address) => (http, connections) => {
    // This is what starts node's checks of the time limits.
    http.emit('listening');
    return takeFromPrimary('http', address, (socket) => inject(http, connections, socket));
};
/** The same for gRPC. */
export const grpcFromPrimary = (address) => (take) => takeFromPrimary('grpc', address, take);
/** Answers the primary, and drains when it says so. */
export function obey(server, host, logger) {
    hear('ping', ({ sent }) => tell({ kind: 'pong', sent }));
    let isEnding = false;
    hear('drain', ({ preStopDelayMs }) => {
        if (isEnding)
            return;
        isEnding = true;
        const announced = { close: () => server.close({ preStopDelayMs }) };
        void shutDown(announced, host, logger).then((code) => process.exit(code));
    });
    tell({ kind: 'started' });
}
/**
 * Ends this worker: the primary puts another in its place.
 * @param hostTimeoutMs how long the models may take to end their runs
 */
export async function leave(server, host, logger, hostTimeoutMs) {
    tell({ kind: 'leaving' });
    await shutDown({ close: () => server.close({ preStopDelayMs: 0 }) }, host, logger, hostTimeoutMs);
    process.exit(exitCodes.failure);
}
