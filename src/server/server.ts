import type { Server } from 'node:http';
import * as check from '../check.js';
import { listenAdmin, type AdminListener } from './admin-listener.js';
import type { AdminServer } from './admin-server.js';
import { createContext, type ServerContext } from './context.js';
import type { GrpcListener } from './grpc/listener.js';
import { followHost } from './host-events.js';
import { Connections } from './http/connections.js';
import { drain, type DrainReport } from './http/drain.js';
import { httpServer } from './http/listener.js';
import { listenOn, requireEncryptsAll, type Intake, type TakeConnections } from './http/port.js';
import { resolveServerOptions, type ServerLimits, type ServerOptions } from './options.js';
import { bindRoutes } from './routes/route.js';
import { routes } from './routes/table.js';

/** A listening server. */
export interface InferenceServer extends AsyncDisposable {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** Where gRPC is answered; undefined without `grpcPort`. */
  readonly grpcPort: number | undefined;
  /** The server of node:http, for anything that this interface does not cover. */
  readonly http: Server;
  /** The port of management, where `adminPort` asks for one. */
  readonly admin: AdminServer | undefined;
  /**
   * Reports "not ready" and waits `preStopDelayMs`. Then it stops accepting connections, answers the requests that are in
   * flight or on their way over an open connection, for at most `drainTimeoutMs`, and closes every connection. A second
   * call returns the same promise. The host stays open.
   */
  close(options?: CloseOptions): Promise<DrainReport>;
}

export interface CloseOptions {
  /** Milliseconds between "not ready" and the refusal of connections, for this close. Default: the server's own `preStopDelayMs`. */
  preStopDelayMs?: number;
}

/**
 * Listens and serves.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 * @throws ERR_CONFIG when the address cannot be listened on
 * @example
 * ```ts
 * const server = await createServer({ host, port: 8000 });
 * await server.close();
 * ```
 */
export async function createServer(options: ServerOptions): Promise<InferenceServer> {
  const limits = resolveServerOptions(options);
  const context = createContext(options, limits, limits.maxRequestsPerSocket);
  const { host } = context;
  context.security.requireProtected('HTTP', limits.host);
  const { onDeviceFailure, onStuck } = options;
  const unfollow = followHost(host, { ...context, onDeviceFailure, onStuck });
  const http = httpServer(context, bindRoutes(routes, context), limits);
  const connections = new Connections(http);
  let intake: Intake;
  let grpc: GrpcListener | undefined;
  let admin: AdminListener | undefined;
  try {
    if (context.security.tls && options.listen) requireEncryptsAll(http);
    // After the host is followed, or its first steps would not be heard of.
    await context.tracing.loading;
    const { adminPort, adminHost } = limits;
    if (adminPort !== undefined) admin = await listenAdmin(context, limits, { adminPort, adminHost });
    grpc = await grpcOf(context, limits, options.listenGrpc);
    intake = await (options.listen?.(http, connections) ?? listenOn(http, limits.host, limits.port));
  } catch (error) {
    await grpc?.closeAll();
    unfollow();
    await admin?.close();
    context.security.close();
    throw error;
  }
  const { address, port, family } = intake.address;
  let closing: Promise<DrainReport> | undefined;
  const close = (given: CloseOptions = {}): Promise<DrainReport> => {
    try {
      checkClose(given);
    } catch (error) {
      return Promise.reject(error);
    }
    const { preStopDelayMs = limits.preStopDelayMs ?? 0 } = given;
    const parts = { http, intake, connections, lifecycle: context.lifecycle, grpc };
    void context.management?.close();
    // The admin port stays until the end: whoever asks there about the server hears that it drains.
    const all = async (): Promise<DrainReport> => {
      try {
        return await drain(parts, { preStopDelayMs, drainTimeoutMs: limits.drainTimeoutMs });
      } finally {
        unfollow();
        await admin?.close();
        context.security.close();
      }
    };
    return (closing ??= all());
  };
  return {
    url: `${context.security.tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    address,
    port,
    grpcPort: grpc?.address.port,
    http,
    admin: admin && publicPart(admin),
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

/** Its library is loaded with the first port. */
async function grpcOf(
  context: ServerContext,
  limits: ServerLimits,
  listen: TakeConnections | undefined,
): Promise<GrpcListener | undefined> {
  const { grpcPort: port } = limits;
  if (port === undefined) return undefined;
  const [{ openGrpc }, { rpcTable }] = await Promise.all([import('./grpc/listener.js'), import('./grpc/rpc-table.js')]);
  return openGrpc(context, rpcTable, 'inference', { ...limits, port, listen });
}

function publicPart({ url, address, port, http, grpcPort }: AdminServer): AdminServer {
  return { url, address, port, http, grpcPort };
}

function checkClose(options: CloseOptions): void {
  check.options('close', options, ['preStopDelayMs']);
  if (options.preStopDelayMs !== undefined) check.integer('preStopDelayMs', options.preStopDelayMs, 0, 86_400_000);
}
