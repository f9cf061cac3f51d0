import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createContext } from './context.js';
import { followHost } from './host-events.js';
import { drain, type DrainReport } from './http/drain.js';
import { httpServer, listen } from './http/listener.js';
import { resolveServerOptions, type ServerOptions } from './options.js';
import { bindRoutes } from './routes/route.js';
import { routes } from './routes/table.js';

/** A listening server. */
export interface InferenceServer extends AsyncDisposable {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** The server of node:http, for anything that this interface does not cover. */
  readonly http: Server;
  /**
   * Reports "not ready" and waits `preStopDelayMs`. Then it stops accepting connections, answers the requests that are in
   * flight or on their way over an open connection, for at most `drainTimeoutMs`, and closes every connection. A second
   * call returns the same promise. The host stays open.
   */
  close(): Promise<DrainReport>;
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
  const { host, metrics, logger } = context;
  const unfollow = followHost(host, { metrics, logger, onDeviceFailure: options.onDeviceFailure });
  const http = httpServer(context, bindRoutes(routes, context), limits);
  try {
    await listen(http, limits.host, limits.port);
  } catch (error) {
    unfollow();
    throw error;
  }
  const { address, port, family } = http.address() as AddressInfo;
  let closing: Promise<DrainReport> | undefined;
  const close = () => (closing ??= drain(http, context.lifecycle, limits).finally(unfollow));
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    address,
    port,
    http,
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}
