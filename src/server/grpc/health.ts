import { torchError } from '../../errors.js';
import { rpcs, type HealthStatus, type Rpc } from '../../protocol/grpc/rpcs.js';
import type { ServerContext } from '../context.js';
import { isReady, readiness } from '../readiness.js';
import type { Asked, Stream } from './rpc-row.js';

/** How often a watched status is looked at. */
const lookMs = 250;

/** Services that stand for the server as a whole. */
const wholeServer = new Set(['', 'inference.GRPCInferenceService']);

/**
 * Whether a service serves. The empty name and that of the protocol are the server; any other one is a model.
 * Source: grpc/grpc `doc/health-checking.md`.
 */
function statusOfService(context: ServerContext, service: string): HealthStatus | undefined {
  const { status } = readiness(context);
  const serving = status === 'ready' ? 'SERVING' : 'NOT_SERVING';
  if (wholeServer.has(service)) return serving;
  const versions = context.host.list().filter(({ name }) => name === service);
  if (versions.length === 0) return undefined;
  return versions.some((served) => isReady(context, served)) ? 'SERVING' : 'NOT_SERVING';
}

export function healthCheck({ context }: Asked, { service }: { readonly service: string }): { status: HealthStatus } {
  const status = statusOfService(context, service);
  if (status === undefined) {
    throw torchError('ERR_MODEL_NOT_FOUND', 'Expected an empty service, or the name of a model that is served');
  }
  return { status };
}

type WatchStream = typeof rpcs.healthWatch extends Rpc<infer Q, infer A> ? Stream<Q, A> : never;

/** Sends the status at once and whenever it has changed, until the client goes or the server closes. */
export function healthWatch(stream: WatchStream): void {
  const { context, grpc, stopping, request } = stream;
  let said: HealthStatus | undefined;
  let isSending = false;
  const look = (): void => {
    if (isSending) return;
    const status = statusOfService(context, request?.service ?? '') ?? 'SERVICE_UNKNOWN';
    if (status === said) return;
    said = status;
    isSending = true;
    void stream.send({ status }).then(() => (isSending = false));
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  const stop = (): void => {
    clearInterval(timer);
    stream.end(torchError('ERR_DRAINING', 'The server is shutting down'));
  };
  stopping.addEventListener('abort', stop, { once: true });
  grpc.onEnd(() => {
    clearInterval(timer);
    stopping.removeEventListener('abort', stop);
  });
  look();
}
