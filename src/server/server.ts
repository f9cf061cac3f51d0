import type { Server } from 'node:http';
import * as check from '../check.js';
import { createContext } from './context.js';
import { followHost } from './host-events.js';
import { Connections } from './http/connections.js';
import { drain, type DrainReport } from './http/drain.js';
import { httpServer } from './http/listener.js';
import { listenOn, type Intake } from './http/port.js';
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
  const { host, metrics, logger } = context;
  context.security.requireProtected('HTTP', limits.host);
  const { onDeviceFailure, onStuck } = options;
  const unfollow = followHost(host, { metrics, logger, stuckAfterMs: context.stuckAfterMs, onDeviceFailure, onStuck });
  const http = httpServer(context, bindRoutes(routes, context), limits);
  const connections = new Connections(http);
  let intake: Intake;
  try {
    intake = await (options.listen?.(http, connections) ?? listenOn(http, limits.host, limits.port));
  } catch (error) {
    unfollow();
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
    const parts = { http, intake, connections, lifecycle: context.lifecycle };
    return (closing ??= drain(parts, { preStopDelayMs, drainTimeoutMs: limits.drainTimeoutMs }).finally(() => {
      unfollow();
      context.security.close();
    }));
  };
  return {
    url: `${context.security.tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    address,
    port,
    http,
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

function checkClose(options: CloseOptions): void {
  check.options('close', options, ['preStopDelayMs']);
  if (options.preStopDelayMs !== undefined) check.integer('preStopDelayMs', options.preStopDelayMs, 0, 86_400_000);
}
