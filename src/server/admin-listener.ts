import type { AdminServer } from './admin-server.js';
import type { ServerContext } from './context.js';
import type { GrpcListener } from './grpc/listener.js';
import { Connections } from './http/connections.js';
import { drain } from './http/drain.js';
import { httpServer } from './http/listener.js';
import { listenOn } from './http/port.js';
import type { ServerLimits } from './options.js';
import { Lifecycle } from './readiness.js';
import { bindRoutes } from './routes/route.js';
import { routes } from './routes/table.js';

/** The port, for whoever opens it. */
export interface AdminListener extends AdminServer {
  close(): Promise<void>;
}

/** Administrators and probes are few; more connections would be somebody else's. */
const mostConnections = 128;
/** What is under way there is told to end when the server does, and needs little more than to say so. */
const drainTimeoutMs = 5000;

/**
 * Listens for administrators and probes, beside the port of inference: clients there cannot crowd them out.
 * @throws ERR_CONFIG when the address cannot be listened on, or strangers would reach it
 */
export async function listenAdmin(
  server: ServerContext,
  limits: ServerLimits,
  { adminPort, adminHost }: { readonly adminPort: number; readonly adminHost: string },
): Promise<AdminListener> {
  server.security.requireProtected('admin', adminHost);
  const context = { ...server, lifecycle: new Lifecycle(server.lifecycle) };
  const own = { ...limits, host: adminHost, port: adminPort, maxConnections: mostConnections };
  const http = httpServer(context, bindRoutes(routes, context, 'admin'), own);
  const connections = new Connections(http);
  const intake = await listenOn(http, adminHost, adminPort);
  const grpc = await openAdminGrpc(context, own).catch(async (error: unknown) => {
    await intake.stop();
    throw error;
  });
  const { address, port, family } = intake.address;
  return {
    url: `${context.security.tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    address,
    port,
    http,
    grpcPort: grpc?.address.port,
    async close() {
      const { lifecycle } = context;
      await drain({ http, intake, connections, lifecycle, grpc }, { preStopDelayMs: 0, drainTimeoutMs });
    },
  };
}

/** Its library is loaded with the first port. */
async function openAdminGrpc(context: ServerContext, limits: ServerLimits): Promise<GrpcListener | undefined> {
  const { adminGrpcPort: port } = limits;
  if (port === undefined) return undefined;
  const [{ openGrpc }, { rpcTable }] = await Promise.all([import('./grpc/listener.js'), import('./grpc/rpc-table.js')]);
  return openGrpc(context, rpcTable, 'admin', { ...limits, port });
}
