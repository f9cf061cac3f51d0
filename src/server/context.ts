import { createLogger, type Logger } from '../monitoring/logging.js';
import { ServerMetrics } from '../monitoring/metrics.js';
import { FeedbackDesk } from './feedback/desk.js';
import type { BodyLimits } from './http/body.js';
import type { InferenceHost } from './host.js';
import type { AppLimits, AppOptions } from './options.js';
import { sourcesOf } from './metric-sources.js';
import type { Management } from './management/management.js';
import { ownManagement } from './management/own-management.js';
import { createMonitoring, type Monitoring } from './monitoring/monitoring.js';
import { Lifecycle } from './readiness.js';
import { requireConsoleTokens } from './security/bind.js';
import { Security } from './security/security.js';
import { defaultBodyLimits, mostJsonBytes } from './settings/table.js';
import { Tracing } from './tracing/tracing.js';

/** Of one encoded image. */
interface ImageLimits {
  readonly bytes: number;
  readonly maxPixels: number;
}

/** Everything the handlers of one app or server share. */
export interface ServerContext {
  readonly host: InferenceHost;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  readonly lifecycle: Lifecycle;
  /** What `/metrics` answers. */
  readonly metricsText: () => Promise<string>;
  readonly bodyLimits: BodyLimits;
  readonly imageLimits: ImageLimits;
  /** Deadline of a prediction in milliseconds; a request may shorten it. */
  readonly requestTimeoutMs: number;
  /** A model whose every instance has been in one run for longer is stuck; Infinity: never. */
  readonly stuckAfterMs: number;
  /** What a stuck model fails. */
  readonly stuckFails: AppLimits['stuckFails'];
  /** The addresses of clients are logged. */
  readonly logsClients: boolean;
  /** Spans of what is done here. */
  readonly tracing: Tracing;
  /** Who is let in. */
  readonly security: Security;
  /** Changes the models, where somebody may: over the admin port, or over that of inference. */
  readonly management: Management | undefined;
  readonly repositoryOnInference: boolean;
  /** What is watched of the models. */
  readonly monitoring: Monitoring;
  /** What the page at `/` may do. */
  readonly console: AppLimits['console'];
  /** Takes labels that come back. */
  readonly feedback: FeedbackDesk;
  /** A connection is closed after so many requests; Infinity where the connections are not ours. */
  readonly maxRequestsPerSocket: number;
}

/** A context of its own for one app or server. */
export function createContext(
  // Not taken apart here: the published declaration would name the internal ones among them.
  options: AppOptions,
  limits: AppLimits,
  maxRequestsPerSocket = Infinity,
): ServerContext {
  const { host, logger: given, shareMetrics, shareMonitoring: sink, tokens, management, onDrift } = options;
  const { logLevel, requestTimeoutMs, stuckAfterMs = 3 * requestTimeoutMs, stuckFails } = limits;
  const logger = given || createLogger({ level: given === false ? 'silent' : logLevel });
  // First: it refuses what must not be served.
  const security = new Security({ ...limits, tokens }, logger);
  requireConsoleTokens(limits.console, security.hasTokens);
  const lifecycle = new Lifecycle();
  const monitoring = createMonitoring({ host, logger, limits, onDrift, sink });
  const metrics = new ServerMetrics({
    ...sourcesOf({ host, lifecycle, stuckAfterMs: stuckAfterMs || Infinity }),
    ...monitoring.sources,
  });
  return {
    host,
    logger,
    metrics,
    metricsText: shareMetrics?.(() => metrics.snapshot()) ?? (() => metrics.text()),
    lifecycle,
    bodyLimits: {
      json: limits.jsonLimitBytes ?? Math.min(limits.bodyLimitBytes ?? defaultBodyLimits.json, mostJsonBytes),
      octets: limits.binaryLimitBytes ?? limits.bodyLimitBytes ?? defaultBodyLimits.octets,
    },
    imageLimits: { bytes: limits.imageLimitBytes, maxPixels: limits.maxImagePixels },
    requestTimeoutMs,
    stuckAfterMs: stuckAfterMs || Infinity,
    stuckFails,
    logsClients: limits.logClientAddress === 'on',
    management: management ?? ownManagement(host, logger),
    repositoryOnInference: limits.repositoryOnInference,
    monitoring,
    console: limits.console,
    feedback: new FeedbackDesk({
      ...{ host, metrics, monitoring, share: options.shareFeedback },
      requests: limits.monitoring === 'off' ? 0 : limits.feedbackRequests,
      hasTokens: security.hasTokens,
    }),
    maxRequestsPerSocket,
    tracing: new Tracing(limits.tracing, logger),
    security,
  };
}
