import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { torchError, type TorchError } from '../errors.js';
import { appOf } from './http/express-app.js';
import { answerClientErrors } from './http/client-error.js';
import { awaitContinue } from './http/body.js';
import { createContext, type AppOptions, type ServerContext } from './context.js';
import { initial } from './defaults.js';
import { watchDevices } from './device-watch.js';
import { drain, type DrainReport } from './http/drain.js';
import { Exchange } from './http/exchange.js';
import { follow } from './host-metrics.js';
import { predictHandler } from './routes/predict.js';

/** The limits are the settings of the same names; see docs/settings.md. */
export interface ServerOptions extends AppOptions {
  /** Address to listen on, default 127.0.0.1. */
  hostname?: string;
  /** Default 8000; 0 takes a free one. */
  port?: number;
  headersTimeoutMs?: number;
  receiveTimeoutMs?: number;
  connectionsCheckingIntervalMs?: number;
  keepAliveTimeoutMs?: number;
  maxConnections?: number;
  maxRequestsPerSocket?: number;
  maxHeadersCount?: number;
  drainTimeoutMs?: number;
  preStopDelayMs?: number;
  /** Called when a device was lost, after it was logged: the moment to end the process, for nothing else brings it back. */
  onDeviceFailure?: () => void;
}

/** A listening server. */
export interface InferenceServer extends AsyncDisposable {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** The server of node:http, for what is not covered here. */
  readonly http: Server;
  /**
   * Reports not ready, waits `preStopDelayMs`, stops accepting, answers what is in flight or on its way over an open
   * connection, for at most `drainTimeoutMs`, and closes every connection. Idempotent. The host stays open.
   */
  close(): Promise<DrainReport>;
}

/**
 * Listens and serves.
 * @throws ERR_CONFIG when the address cannot be listened on
 */
export async function createServer(options: ServerOptions): Promise<InferenceServer> {
  const context = createContext(options, options.maxRequestsPerSocket ?? initial('maxRequestsPerSocket'));
  const { host, metrics } = context;
  const ends = [follow(host, metrics), watchDevices(host, context.logger, options.onDeviceFailure)];
  const unfollow = () => {
    for (const end of ends) end();
  };
  const http = httpServer(context, options);
  try {
    await listen(http, options.hostname ?? '127.0.0.1', options.port ?? initial('port'));
  } catch (error) {
    unfollow();
    throw error;
  }
  const { address, port, family } = http.address() as AddressInfo;
  let closing: Promise<DrainReport> | undefined;
  const close = () =>
    (closing ??= drain(http, context.lifecycle, {
      preStopDelayMs: options.preStopDelayMs ?? initial('preStopDelayMs'),
      drainTimeoutMs: options.drainTimeoutMs ?? initial('drainTimeoutMs'),
    }).finally(unfollow));
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

function httpServer(context: ServerContext, options: ServerOptions): Server {
  const predict = predictHandler(context);
  const app = appOf(context, predict);
  const maxHeaders = options.maxHeadersCount ?? initial('maxHeadersCount');
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    const fault = headerFault(req, maxHeaders);
    if (fault) Exchange.of(context, req, res).fail(fault, { connection: 'close' });
    else if (req.method === 'POST' && isPredict(req.url)) predict(req, res);
    else app(req, res);
  };
  const server = createHttpServer(
    {
      headersTimeout: options.headersTimeoutMs ?? initial('headersTimeoutMs'),
      requestTimeout: options.receiveTimeoutMs ?? initial('receiveTimeoutMs'),
      // Without it the two limits above are looked at every 30 s.
      connectionsCheckingInterval: options.connectionsCheckingIntervalMs ?? initial('connectionsCheckingIntervalMs'),
      keepAliveTimeout: options.keepAliveTimeoutMs ?? initial('keepAliveTimeoutMs'),
      noDelay: true,
      // Checked below instead: node would answer without a body.
      requireHostHeader: false,
    },
    listener,
  );
  // One more than allowed: node drops silently what is beyond, and a request without its last headers is another request.
  server.maxHeadersCount = maxHeaders + 1;
  server.maxConnections = options.maxConnections ?? initial('maxConnections');
  // Exchange closes a connection after its last request; node would keep it open and answer 503 from then on.
  server.maxRequestsPerSocket = 0;
  server.on('drop', () => context.metrics.connectionDropped());
  // An expectation that we do not know is not one that we must refuse.
  server.on('checkExpectation', listener);
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    awaitContinue(req, res);
    listener(req, res);
  });
  answerClientErrors(server, context);
  return server;
}

function isPredict(url: string | undefined): boolean {
  return url === '/predict' || url?.startsWith('/predict?') === true;
}

function headerFault(
  { rawHeaders, headers, httpVersion }: IncomingMessage,
  maxHeaders: number,
): TorchError | undefined {
  if (rawHeaders.length > 2 * maxHeaders) {
    return torchError('ERR_HEADERS_TOO_LARGE', `Expected at most ${maxHeaders} header lines`);
  }
  if (headers.host === undefined && httpVersion === '1.1') {
    return torchError('ERR_BAD_REQUEST', 'Expected a Host header');
  }
  return undefined;
}

function listen(server: Server, hostname: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'it is in use' : (cause.code ?? cause.message);
      reject(
        torchError('ERR_CONFIG', `Expected a free address but ${hostname}:${port} cannot be listened on: ${why}`, {
          cause,
        }),
      );
    };
    server.once('error', onError);
    server.listen(port, hostname, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
