import cluster from 'node:cluster';
import type { AddressInfo, Socket } from 'node:net';
import { exitWhenOpened } from '../../engines/exit.js';
import { inject, type Intake, type Listen, type TakeConnections } from '../../server/http/port.js';
import { shutDown, type AppOptions, type InferenceServer, type Logger } from '../../server/index.js';
import type { ModelHost } from '../../serving/index.js';
import { warnOf } from '../../errors.js';
import { send, type Protocol, type ToPrimary, type ToWorker } from './messages.js';
import { Questions } from './questions.js';
import { exitCodes } from '../report.js';

type Kind = ToWorker['kind'];
type Said<K extends Kind> = Extract<ToWorker, { kind: K }>;
type Listener<K extends Kind> = (message: Said<K>, socket?: Socket) => void;

const listeners = new Map<Kind, Listener<Kind>>();
/** What the primary said before anybody here listened for it. */
const early: [ToWorker, Socket | undefined][] = [];

/** Listens for what the primary says of that kind; who listened before does not any more. */
export function hear<K extends Kind>(kind: K, listener: Listener<K>): void {
  if (listeners.size === 0) process.on('message', onMessage);
  listeners.set(kind, listener as unknown as Listener<Kind>);
  for (const message of early.splice(0)) onMessage(...message);
}

function onMessage(message: ToWorker, socket?: Socket): void {
  const listener = listeners.get(message.kind);
  if (listener) listener(message, socket);
  else early.push([message, socket]);
}

export function tell(message: ToPrimary): void {
  if (cluster.worker) send(cluster.worker, message);
}

/** As createServer's option: every worker answers `/metrics` with those of all. */
export const shareMetrics: NonNullable<AppOptions['shareMetrics']> = (own) => {
  const questions = new Questions<string>({ most: 128, what: 'questions for metrics', patienceMs: 5000 });
  hear('collect', ({ round }) => {
    // Without them the primary takes those before.
    own().then((snapshot) => tell({ kind: 'snapshot', round, snapshot }), warnOf);
  });
  hear('metrics', (answer) => questions.answered(answer, answer.text));
  return () => questions.ask((question) => tell({ kind: 'askMetrics', question }));
};

const takers = new Map<Protocol, (socket: Socket) => void>();
let last: Promise<void> | undefined;

/** From now on the primary's connections of a protocol are taken. It hands them over one by one. */
function takeFromPrimary(protocol: Protocol, address: AddressInfo, take: (socket: Socket) => void): Promise<Intake> {
  takers.set(protocol, take);
  hear('connection', ({ number, protocol: spoken }, socket) => {
    if (!socket) return;
    tell({ kind: 'took', number });
    takers.get(spoken)?.(socket);
  });
  const until = (last ??= new Promise<void>((resolve) => hear('last', () => resolve())));
  return Promise.resolve({ address, stop: () => until });
}

/** Where the server of this process gets its connections. */
export const fromPrimary =
  (address: AddressInfo): Listen =>
  (http, connections) => {
    // This is what starts node's checks of the time limits.
    http.emit('listening');
    return takeFromPrimary('http', address, (socket) => inject(http, connections, socket));
  };

/** The same for gRPC. */
export const grpcFromPrimary =
  (address: AddressInfo): TakeConnections =>
  (take) =>
    takeFromPrimary('grpc', address, take);

/** Answers the primary, and drains when it says so. */
export function obey(server: InferenceServer, host: ModelHost, logger: Logger): void {
  hear('ping', ({ sent }) => tell({ kind: 'pong', sent }));
  let isEnding = false;
  hear('drain', ({ preStopDelayMs }) => {
    if (isEnding) return;
    isEnding = true;
    const announced = { close: () => server.close({ preStopDelayMs }) };
    void shutDown(announced, host, logger).then(exitWhenOpened);
  });
  tell({ kind: 'started' });
}

/**
 * Ends this worker: the primary puts another in its place.
 * @param hostTimeoutMs how long the models may take to end their runs
 */
export async function leave(
  server: InferenceServer,
  host: ModelHost,
  logger: Logger,
  hostTimeoutMs: number,
): Promise<void> {
  tell({ kind: 'leaving' });
  await shutDown({ close: () => server.close({ preStopDelayMs: 0 }) }, host, logger, hostTimeoutMs);
  await exitWhenOpened(exitCodes.failure);
}
