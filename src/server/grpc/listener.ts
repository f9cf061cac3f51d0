import { setMaxListeners } from 'node:events';
import type { Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecureContextOptions } from 'node:tls';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { torchError } from '../../errors.js';
import { absentRpcs } from '../../protocol/grpc/rpcs.js';
import type { ServerContext } from '../context.js';
import { openPort, type TakeConnections } from '../http/port.js';
import { asTorchError } from '../public-error.js';
import { requireServing } from '../readiness.js';
import type { Scope } from '../security/scope.js';
import type { Security } from '../security/security.js';
import { secureOptions } from '../security/tls.js';
import { beforeLibrary } from './before-library.js';
import { GrpcCall, type Arrival } from './grpc-call.js';
import { GrpcConnections, type ConnectionLimits } from './connections.js';
import { interceptorOf } from './interceptor.js';
import { loadGrpc, type Grpc } from '../../protocol/grpc/library.js';
import { ReadGate, Reading } from './read-gate.js';
import type { RpcRow } from './rpc-row.js';
import { register } from './service.js';

export interface GrpcOptions extends ConnectionLimits {
  readonly host: string;
  readonly port: number;
  readonly receiveTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Default: a port of the server's own. */
  readonly listen?: TakeConnections | undefined;
}

/** A gRPC server that listens. */
export interface GrpcListener {
  readonly address: AddressInfo;
  /** Takes no connection and no call any more. Calls that have begun go on; clients are told to go elsewhere. */
  stop(): Promise<void>;
  /** Cuts what is still open. */
  closeAll(): Promise<void>;
}

/** Requests of one stream that are read before those in front of them are answered. A few batches full. */
const mostOfStream = 64;
/** Calls at once on one connection; clients keep more to themselves. */
const mostOfConnection = 256;
/** What was received and is not answered: so many times the largest message. */
const messagesHeld = 4;

/** How long a client may take for the last answers of a server that ends. */
const lastAnswersMs = 1000;

/**
 * Opens a gRPC server over a table of remote procedures.
 * @throws ERR_GRPC_NOT_FOUND without the library; ERR_CONFIG when the address cannot be listened on
 */
export async function openGrpc(
  context: ServerContext,
  table: readonly RpcRow[],
  where: RpcRow['listeners'][number],
  options: GrpcOptions,
): Promise<GrpcListener> {
  const grpc = await loadGrpc('a gRPC port');
  const stopping = new AbortController();
  // Every open stream listens to it.
  setMaxListeners(0, stopping.signal);
  const rows = new Map([...table, ...absentRows()].map((row) => [row.rpc.path as string, row]));
  const bytes = new ReadGate(messagesHeld * context.bodyLimits.octets);
  const take = (arrival: Arrival): GrpcCall => {
    const row = rows.get(arrival.path) as RpcRow;
    const call = new GrpcCall(
      context,
      arrival,
      new Reading(bytes, row.rpc.requestStream ? mostOfStream : undefined),
      row.isProbe,
    );
    admit(call, row, where, stopping.signal, context);
    return call;
  };
  const server = new grpc.Server({
    'grpc.max_receive_message_length': context.bodyLimits.octets,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': mostOfConnection,
    // Dead peers are found though nothing closes their connections.
    'grpc.keepalive_time_ms': options.keepAliveTimeoutMs,
    'grpc.keepalive_timeout_ms': 20_000,
    // Nobody could read what it keeps, and it keeps it for ever.
    'grpc.enable_channelz': 0,
    interceptors: [interceptorOf(grpc, { receiveTimeoutMs: options.receiveTimeoutMs, take })],
  });
  for (const row of rows.values()) register(server, { grpc, context, stopping: stopping.signal }, row);
  const { credentials, unfollow } = credentialsOf(grpc, context.security);
  const injector = server.createConnectionInjector(credentials);
  const connections = new GrpcConnections(context, options);
  const http2 = http2Of(server);
  connections.follow(http2);
  beforeLibrary(http2, context, (path) => rows.has(path));
  const {
    host,
    port,
    listen = (to: (socket: Socket) => void) => openPort(host, port).then((open) => open.passTo(to)),
  } = options;
  const intake = await listen((socket) => {
    connections.take(socket, (accepted) => injector.injectConnection(accepted));
  });
  return {
    address: intake.address,
    async stop() {
      await intake.stop();
      connections.goAway();
      stopping.abort();
    },
    async closeAll() {
      unfollow();
      // What was answered last is still on its way; a connection closes by itself once it is out.
      if (stopping.signal.aborted && context.lifecycle.inFlight === 0) {
        await Promise.race([connections.empty(), delay(lastAnswersMs, undefined, { ref: false })]);
      }
      connections.closeAll();
      injector.destroy();
      server.forceShutdown();
      await connections.empty();
    },
  };
}

/** Begins the requests of a call that is let in, and refuses the others. */
function admit(
  call: GrpcCall,
  row: RpcRow,
  where: RpcRow['listeners'][number],
  stopping: AbortSignal,
  context: ServerContext,
): void {
  const { listeners, needsModels, stream } = row;
  const isHere = listeners.includes(where) || (row.isRepository === true && context.repositoryOnInference);
  const scope = scopeHere(row, isHere, where);
  try {
    // Each message of a stream is asked again, because the token may have been taken back.
    if (stream) context.security.authorize(call, scope);
    else call.begin().authorize(call.authorization, scope);
    if (!isHere) throw notHere(row);
    if (stopping.aborted) throw torchError('ERR_DRAINING', 'The server is shutting down');
    if (needsModels) requireServing(context);
  } catch (thrown) {
    const error = asTorchError(thrown);
    if (stream) call.begin();
    call.failed(error);
    call.refusal = error;
  }
}

/** As over HTTP: what is on the admin port needs an administrator's token. What is not here needs none to be told so. */
function scopeHere({ scope }: RpcRow, isHere: boolean, where: RpcRow['listeners'][number]): Scope {
  if (!isHere) return 'none';
  return where === 'admin' && scope === 'infer' ? 'admin' : scope;
}

function notHere({ listeners, isRepository }: RpcRow) {
  if (listeners.length === 0) {
    const message =
      'Expected a call that this server has: it has no shared memory, and no settings for traces and logs';
    return torchError('ERR_ROUTE_NOT_FOUND', message);
  }
  const where = isRepository
    ? 'models are changed on the admin port, or here where the setting repositoryOnInference is on'
    : 'this is the admin port, and models are asked on the port of inference';
  return torchError('ERR_ROUTE_NOT_FOUND', `Expected a call of this port: ${where}`);
}

function absentRows(): RpcRow[] {
  return Object.values(absentRpcs).map((rpc) => ({ rpc, listeners: [], scope: 'none' }));
}

/** Those of the server's other listeners; what is read again later counts for new connections. */
function credentialsOf(grpc: Grpc, { tls }: Security): { credentials: ServerCredentials; unfollow: () => void } {
  if (!tls) return { credentials: grpc.ServerCredentials.createInsecure(), unfollow: () => undefined };
  class Reloading extends grpc.ServerCredentials {
    _equals(other: ServerCredentials): boolean {
      return other === this;
    }
    override updateSecureContextOptions(options: SecureContextOptions): void {
      super.updateSecureContextOptions(options);
    }
  }
  const { content } = tls;
  const credentials = new Reloading(
    { requestCert: content.ca !== undefined, rejectUnauthorized: content.ca !== undefined },
    secureOptions(content),
  );
  return { credentials, unfollow: tls.follow((next) => credentials.updateSecureContextOptions(secureOptions(next))) };
}

/** The server of node:http2 below: the library sets neither its windows nor a bound of its connections. */
function http2Of(server: Server): Http2Server {
  const servers = Reflect.get(server, 'http2Servers') as ReadonlyMap<Http2Server, unknown>;
  const [http2] = servers.keys();
  if (!http2) throw torchError('ERR_GRPC_NOT_FOUND', 'Expected @grpc/grpc-js 1.10 or later');
  return http2;
}
