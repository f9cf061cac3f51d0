import { expected } from '../errors.js';
import { initial } from './defaults.js';
import { createLogger, type Logger } from '../monitoring/logging.js';
import type { MetricsSnapshot } from '../monitoring/aggregate.js';
import { ServerMetrics } from '../monitoring/metrics.js';
import type { ModelHost } from '../serving/index.js';
import { queueSamples } from './host-metrics.js';
import { Lifecycle } from './lifecycle.js';

/** What the server needs of a ModelHost. */
export type InferenceHost = Pick<
  ModelHost,
  'state' | 'defaultModel' | 'model' | 'list' | 'deviceFailures' | 'on' | 'off'
>;

/** Everything the handlers of one app or server share. */
export interface ServerContext {
  readonly host: InferenceHost;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  readonly lifecycle: Lifecycle;
  /** What `/metrics` answers. */
  readonly metricsText: () => Promise<string>;
  readonly bodyLimitBytes: number;
  /** Deadline of a prediction; a request may shorten it. */
  readonly requestTimeoutMs: number;
  /** The last of so many closes its connection; Infinity where the connections are not ours. */
  readonly maxRequestsPerSocket: number;
}

/** Options that an app and a server have in common. */
export interface AppOptions {
  /** The models; also their state, which decides readiness. The app closes nothing of it. */
  host: InferenceHost;
  /** Default: JSON lines on standard output, from `logLevel` up; false logs nothing. */
  logger?: Logger | false;
  /** Level of the default logger, default `info`. */
  logLevel?: string;
  /** Largest body of a prediction, also once decompressed. Default 8 MiB. */
  bodyLimitBytes?: number;
  /** Deadline of a prediction, default 30000. */
  requestTimeoutMs?: number;
  /** Given this server's own metrics, returns what `/metrics` answers in their stead. @internal */
  shareMetrics?: (own: () => Promise<MetricsSnapshot>) => () => Promise<string>;
}

/** A context of its own for one app or server. */
export function createContext(
  { host, logger, logLevel, ...limits }: AppOptions,
  maxRequestsPerSocket = Infinity,
): ServerContext {
  if (typeof (host as Partial<InferenceHost> | undefined)?.model !== 'function')
    throw expected('a ModelHost', 'host', host);
  const lifecycle = new Lifecycle();
  const metrics = new ServerMetrics(
    () => lifecycle.inFlight,
    () => queueSamples(host),
  );
  return {
    host,
    logger: logger || createLogger({ level: logger === false ? 'silent' : (logLevel ?? 'info') }),
    metrics,
    metricsText: limits.shareMetrics?.(() => metrics.snapshot()) ?? (() => metrics.text()),
    lifecycle,
    bodyLimitBytes: limits.bodyLimitBytes ?? initial('bodyLimitBytes'),
    requestTimeoutMs: limits.requestTimeoutMs ?? initial('requestTimeoutMs'),
    maxRequestsPerSocket,
  };
}
