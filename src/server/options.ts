import { options as checkOptions } from '../check.js';
import { expected } from '../errors.js';
import type { MetricsSnapshot } from '../monitoring/aggregate.js';
import type { Logger } from '../monitoring/logging.js';
import type { FeedbackShare } from './feedback/item.js';
import type { InferenceHost } from './host.js';
import type { Listen, TakeConnections } from './http/port.js';
import type { Management } from './management/management.js';
import { checkMonitoring, monitoringSettings, type MonitoringOptions } from './monitoring/options.js';
import type { MonitoringSink } from './monitoring/sink.js';
import { defaultOf, settingsTable, type Settings } from './settings/table.js';
import { settingsFault } from './settings/validate.js';

/** Options that an app and a server have in common. A limit that is left out has the default of the setting of its name. */
export interface AppOptions extends MonitoringOptions {
  /** The models. The host's state decides whether the server is ready. The app never closes the host. */
  host: InferenceHost;
  /** Default: JSON lines on standard output, from `logLevel` up. `false` logs nothing. */
  logger?: Logger | false;
  /** Lowest level that the default logger writes, default `info`. */
  logLevel?: string;
  /** Largest JSON body of a prediction in bytes, both as sent and decompressed. Default `bodyLimitBytes`, or 4 MiB. */
  jsonLimitBytes?: number;
  /** Largest body of raw numbers in bytes, both as sent and decompressed. Default `bodyLimitBytes`, or 64 MiB. */
  binaryLimitBytes?: number;
  /** Both limits at once, where one of them is left out. Default: none. */
  bodyLimitBytes?: number;
  /** Largest encoded image of `POST /predict` in bytes, default 20 MiB. */
  imageLimitBytes?: number;
  /** Images of more pixels are refused before they are decoded. Default 50 million. */
  maxImagePixels?: number;
  /** Deadline of a prediction in milliseconds, default 30000. A request may shorten it. */
  requestTimeoutMs?: number;
  /**
   * A model is stuck, and the server not ready, once every instance has been in one run for longer. Default: 3 times
   * `requestTimeoutMs`; 0 never.
   */
  stuckAfterMs?: number;
  /** What a stuck model fails: `ready` (the default) `/health/ready`, `live` `/health/live` too. */
  stuckFails?: 'ready' | 'live';
  /** Whether the line of a request has the address of its client, which is personal data. Default `on`. */
  logClientAddress?: 'on' | 'off';
  /** `auto` makes spans where the program has registered a provider of OpenTelemetry: docs/tracing.md. `off` never does. Default `auto`. */
  tracing?: 'auto' | 'off';
  /** Bearer tokens that callers must show, as the text of a tokens file: docs/security.md. Default: none, everybody is let in. */
  tokens?: string;
  /** Path of a file of bearer tokens; it is read again when it changes. Default: none. */
  tokensFile?: string;
  /** Names that a request may give in the header Host, beside those of this machine, where it is checked. Default: none. */
  allowedHosts?: readonly string[];
  /** Requests a second of each client (its token, else its address); more are answered 429. Default 0: no limit. */
  rateLimit?: number;
  /** Requests of a client that may come at once. Default: those of a second. */
  rateBurst?: number;
  /**
   * Whether clients of this port may load and unload models by the repository extension of the Open Inference Protocol. Default
   * false: only over the admin port.
   */
  repositoryOnInference?: boolean;
  /**
   * The page at `/` for browsers: `read` (the default) shows and tries models; `full` lets clients of this port with an admin token
   * change them; `off`: there is none.
   */
  console?: 'off' | 'read' | 'full';
  /** Changes the models. Default: the host's own. @internal */
  management?: Management;
  /** Given a function that reads this server's own metrics, returns the function that `/metrics` answers with. @internal */
  shareMetrics?: (own: () => Promise<MetricsSnapshot>) => () => Promise<string>;
  /** Where what this process observes of its models goes. Default: to a hub of the server's own. @internal */
  shareMonitoring?: MonitoringSink;
  /** Where labels go that this process knows no request of. Default: nowhere. @internal */
  shareFeedback?: FeedbackShare;
}

/** The limits are the settings of the same names: docs/settings.md has their ranges and defaults. Times are milliseconds. */
export interface ServerOptions extends AppOptions {
  /** Host name or address to listen on, default 127.0.0.1. */
  hostname?: string;
  /** Listens on an address that other machines reach without asking for tokens. Default false: refused. */
  insecure?: boolean;
  /** Path of the server's certificate in PEM; with `tlsKey` connections are encrypted. Default: none. */
  tlsCert?: string;
  /** Path of the certificate's key in PEM. */
  tlsKey?: string;
  /** Path of authorities in PEM: every client must show a certificate of theirs. Default: none. */
  tlsCa?: string;
  /** Default 8000; 0 takes a free port. */
  port?: number;
  /** Port of gRPC, on the same host; 0 takes a free one. Needs the package @grpc/grpc-js. Default: none. */
  grpcPort?: number;
  /** Port of management, health and metrics; 0 takes a free one. Default: there is none. */
  adminPort?: number;
  /** Port of management over gRPC, beside `adminPort`; 0 takes a free one. Default: there is none. */
  adminGrpcPort?: number;
  /** Host name or address that the admin port listens on, default 127.0.0.1. */
  adminHost?: string;
  /** Time for the headers of a request to arrive; at most `receiveTimeoutMs`. Default 10000. */
  headersTimeoutMs?: number;
  /** Time for a whole request to arrive, default 30000. */
  receiveTimeoutMs?: number;
  /** How often the two limits above are checked, and the next one of answers; default 1000. */
  connectionsCheckingIntervalMs?: number;
  /**
   * How long an idle connection stays open, and one whose client takes nothing of its answer; the latter at least for
   * `receiveTimeoutMs`. Default 65000.
   */
  keepAliveTimeoutMs?: number;
  /** Open connections; more are closed at once. Default 1024. */
  maxConnections?: number;
  /** Requests on one connection before it is closed, default 1000. */
  maxRequestsPerSocket?: number;
  /** Header lines of a request; a request with more is answered 431. Default 64. */
  maxHeadersCount?: number;
  /** Time for running requests to end when the server closes, default 30000. */
  drainTimeoutMs?: number;
  /** Time between "not ready" and the refusal of connections when the server closes. Default 0; `serve` has one of its own. */
  preStopDelayMs?: number;
  /** Called when a device was lost, after it was logged. Only the end of the process brings the device back. */
  onDeviceFailure?: () => void;
  /** Called when a model is stuck, after it was logged. @internal */
  onStuck?: () => void;
  /** Where connections come from. Default: a port of the server's own. @internal */
  listen?: Listen;
  /** Where those of gRPC come from. Default: `grpcPort`. @internal */
  listenGrpc?: TakeConnections;
}

const appSettings = [
  'logLevel',
  'jsonLimitBytes',
  'binaryLimitBytes',
  'bodyLimitBytes',
  'imageLimitBytes',
  'maxImagePixels',
  'requestTimeoutMs',
  'stuckAfterMs',
  'stuckFails',
  'logClientAddress',
  'tracing',
  'tokensFile',
  'allowedHosts',
  'rateLimit',
  'rateBurst',
  'repositoryOnInference',
  ...monitoringSettings,
  'console',
] as const;
const serverSettings = [
  ...appSettings,
  'insecure',
  'tlsCert',
  'tlsKey',
  'tlsCa',
  'host',
  'port',
  'grpcPort',
  'adminPort',
  'adminHost',
  'adminGrpcPort',
  'headersTimeoutMs',
  'receiveTimeoutMs',
  'connectionsCheckingIntervalMs',
  'keepAliveTimeoutMs',
  'maxConnections',
  'maxRequestsPerSocket',
  'maxHeadersCount',
  'drainTimeoutMs',
  'preStopDelayMs',
] as const;

type ServerSetting = (typeof serverSettings)[number];

export type AppLimits = Pick<Settings, (typeof appSettings)[number]> & Partial<Pick<Settings, TlsSetting>>;
type TlsSetting = 'tlsCert' | 'tlsKey' | 'tlsCa' | 'insecure';
export type ServerLimits = Pick<Settings, ServerSetting>;

/** The option that a setting is: `host` is the ModelHost among the options. */
const optionOf = (setting: ServerSetting): string => (setting === 'host' ? 'hostname' : setting);

const objects = [
  'host',
  'logger',
  'shareMetrics',
  'shareMonitoring',
  'shareFeedback',
  'tokens',
  'management',
  'onDrift',
];
const appOptions = [...objects, ...appSettings];
const hooks = ['onDeviceFailure', 'onStuck', 'listen', 'listenGrpc'] as const;
const serverOptions = [...objects, ...hooks, ...serverSettings.map(optionOf)];

/**
 * The limits of an app, with the defaults.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 */
export function resolveAppOptions(options: AppOptions): AppLimits {
  checkShared('createApp', options, appOptions);
  const limits = limitsOf(appSettings, options);
  checkMonitoring(limits);
  return limits;
}

/**
 * The limits of a server, with the defaults.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 */
export function resolveServerOptions(options: ServerOptions): ServerLimits {
  checkShared('createServer', options, serverOptions);
  for (const hook of hooks) checkFunction(hook, options[hook]);
  const limits = limitsOf(serverSettings, options);
  checkMonitoring(limits);
  const { headersTimeoutMs, receiveTimeoutMs, adminPort, adminGrpcPort } = limits;
  if (adminGrpcPort !== undefined && adminPort === undefined) throw expected('a port', 'adminPort', adminPort);
  if (headersTimeoutMs > receiveTimeoutMs) {
    throw expected(`at most receiveTimeoutMs (${receiveTimeoutMs})`, 'headersTimeoutMs', headersTimeoutMs);
  }
  return limits;
}

/** The options of a server that are settings. */
export function serverOptionsOf(settings: Settings): Omit<ServerOptions, 'host'> {
  return Object.fromEntries(serverSettings.map((setting) => [optionOf(setting), settings[setting]]));
}

function checkShared(where: string, options: AppOptions, known: readonly string[]): void {
  checkOptions(where, options, known);
  const { host, logger, shareMetrics, tokens } = options;
  if (!hasMethod(host, 'model')) throw expected('a ModelHost', 'host', host);
  if (logger !== undefined && logger !== false && !hasMethod(logger, 'info')) {
    throw expected('a logger of pino or false', 'logger', logger);
  }
  checkFunction('shareMetrics', shareMetrics);
  checkFunction('onDrift', options.onDrift);
  if (tokens !== undefined && typeof tokens !== 'string') throw expected('a text', 'tokens', undefined);
}

function limitsOf<K extends ServerSetting>(settings: readonly K[], options: object): Pick<Settings, K> {
  const given: Record<string, unknown> = {};
  for (const setting of settings) {
    const value: unknown = Reflect.get(options, optionOf(setting));
    if (value !== undefined) given[setting] = value;
  }
  const fault = settingsFault(given);
  if (fault?.kind === 'value') {
    const { key } = fault;
    throw expected(settingsTable[key].values, optionOf(key as ServerSetting), given[key]);
  }
  const defaults = Object.fromEntries(settings.map((setting) => [setting, defaultOf(setting)]));
  return { ...defaults, ...given } as Pick<Settings, K>;
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw expected('a function', name, value);
}
