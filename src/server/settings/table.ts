import { bundledModelsDir, bundledRegistryDir } from '../../registry/folders.js';
import { referenceWords } from './model-entries.js';
import { modelList } from './models.js';
import { consoleRows } from './tables/console.js';
import { modelRows } from './tables/model.js';
import { monitoringRows } from './tables/monitoring.js';
import { securityRows } from './tables/security.js';
import { signatureRows } from './tables/signatures.js';
import { tracingRows } from './tables/tracing.js';
import {
  boolean,
  choice,
  directory,
  integer,
  optionalInteger,
  optionalText,
  text,
  toggle,
  type Setting,
} from './setting.js';

const day = 86_400_000;
const bodyBounds = { min: 1024, max: 2 ** 30 };
/** JSON becomes one string, and V8's longest has 512 MiB less a few bytes. */
export const mostJsonBytes = 500 * 2 ** 20;

/** JSON takes many times the CPU of raw numbers; 128 digits of 17 decimals are 1.9 MiB of it. */
export const defaultBodyLimits = { json: 4 * 2 ** 20, octets: 64 * 2 ** 20 };

/**
 * How long `serve` says "not ready" before it refuses connections. HAProxy as it comes asks every 2 s and needs three answers;
 * Kubernetes needs a second or two to take a pod out of its services. `docker stop` kills after 10 s, so it must not be much longer.
 */
export const announcedMs = 7000;

const rows = {
  // Where the server listens and what it accepts.
  host: text({
    pattern: /^[^\s/]{1,255}$/,
    values: 'a host name or address',
    initial: '127.0.0.1',
    description: 'Address to listen on.',
    env: 'HOST',
  }),
  port: integer({
    min: 0,
    max: 65535,
    initial: 8000,
    description: 'Port to listen on; 0 takes a free one.',
    env: 'PORT',
  }),
  grpcPort: optionalInteger({
    min: 0,
    max: 65535,
    initialText: 'none',
    description: 'Port of gRPC, on the same address; 0 takes a free one. It needs the package @grpc/grpc-js.',
  }),
  adminPort: optionalInteger({
    min: 0,
    max: 65535,
    initialText: 'none',
    description: 'Port of management, health and metrics; 0 takes a free one.',
  }),
  adminHost: text({
    pattern: /^[^\s/]{1,255}$/,
    values: 'a host name or address',
    initial: '127.0.0.1',
    description: 'Address that the admin port listens on.',
  }),
  adminGrpcPort: optionalInteger({
    min: 0,
    max: 65535,
    initialText: 'none',
    description: 'Port of management over gRPC, on adminHost; 0 takes a free one. It needs adminPort.',
  }),
  repositoryOnInference: toggle({
    description: 'Clients may load and unload models over the port of inference too, not only over the admin port.',
  }),
  jsonLimitBytes: optionalInteger({
    ...bodyBounds,
    max: mostJsonBytes,
    initialText: `bodyLimitBytes, or ${defaultBodyLimits.json}`,
    description: 'Largest JSON body, in bytes.',
  }),
  binaryLimitBytes: optionalInteger({
    ...bodyBounds,
    initialText: `bodyLimitBytes, or ${defaultBodyLimits.octets}`,
    description: 'Largest body of raw numbers, in bytes.',
  }),
  bodyLimitBytes: optionalInteger({
    ...bodyBounds,
    initialText: 'none',
    description: `Both limits of bodies at once, where one of them is not set; that of JSON is ${mostJsonBytes} at most.`,
  }),
  imageLimitBytes: integer({
    ...bodyBounds,
    initial: 20 * 2 ** 20,
    description: 'Largest encoded image, in bytes; forms of several are bodies of at most binaryLimitBytes.',
  }),
  maxImagePixels: integer({
    min: 1,
    max: 2 ** 30,
    initial: 50_000_000,
    description: 'Images of more pixels are refused before they are decoded.',
  }),
  maxConnections: integer({
    min: 1,
    max: 65535,
    initial: 1024,
    description: 'Open connections; 32 more are kept for probes.',
  }),
  maxRequestsPerSocket: integer({
    min: 1,
    max: 1_000_000,
    initial: 1000,
    description: 'Requests on one connection before it is closed.',
  }),
  maxHeadersCount: integer({
    min: 8,
    max: 2000,
    initial: 64,
    description: 'Header lines of a request; one more is answered 431.',
  }),
  ...securityRows,
  ...consoleRows,
  // Time limits, in milliseconds.
  requestTimeoutMs: integer({
    min: 1,
    max: day,
    initial: 30_000,
    description: 'Deadline of a prediction; a request may shorten it.',
  }),
  headersTimeoutMs: integer({
    min: 1,
    max: day,
    initial: 10_000,
    description: "Time for a request's headers to arrive; at most receiveTimeoutMs.",
  }),
  receiveTimeoutMs: integer({
    min: 1,
    max: day,
    initial: 30_000,
    description: 'Time for a whole request to arrive, and for a client to go on taking its answer.',
  }),
  connectionsCheckingIntervalMs: integer({
    min: 10,
    max: 60_000,
    initial: 1000,
    description: 'How often the two limits above are checked, and the next one of answers.',
  }),
  keepAliveTimeoutMs: integer({
    min: 1,
    max: day,
    initial: 65_000,
    description:
      'How long an idle connection stays open, and one whose client takes nothing of its answer; the latter at least for receiveTimeoutMs.',
  }),
  drainTimeoutMs: integer({
    min: 0,
    max: day,
    initial: 30_000,
    description: 'On a signal: time for running requests to end.',
  }),
  preStopDelayMs: optionalInteger({
    min: 0,
    max: day,
    initialText: `${announcedMs}; 0 for Ctrl-C on a terminal`,
    description:
      'On a signal: time between answering "not ready" and refusing connections, for load balancers to notice.',
  }),
  stuckAfterMs: optionalInteger({
    min: 0,
    max: day,
    initialText: '3 × requestTimeoutMs',
    description:
      'A model is stuck, and the server not ready, once every instance has been in one run for longer; 0 never.',
  }),
  stuckFails: choice({
    options: ['ready', 'live'],
    initial: 'ready',
    description: 'What a stuck model fails: /health/ready, or /health/live too.',
  }),
  ...monitoringRows,
  // The model.
  registryDir: directory({
    initial: bundledRegistryDir,
    initialText: 'the bundled registry',
    description: 'Folder of registry records.',
    flag: 'registry',
  }),
  modelsDir: directory({
    initial: bundledModelsDir,
    initialText: 'the bundled models',
    description: 'Folder of model artifacts.',
    flag: 'models',
  }),
  model: text({
    pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
    values: 'a model name',
    initial: 'mnist-mlp',
    description: 'The default model, by its name in the registry.',
  }),
  modelVersion: optionalText({
    pattern: /^(v?[0-9]+(\.[0-9]+){0,2}|[A-Za-z][A-Za-z0-9_-]{0,63}|[sS][hH][aA]256:[0-9a-fA-F]{64})$/,
    values: referenceWords,
    initialText: 'the only version, or v1.0',
    description: 'The version served.',
  }),
  exitOnModelError: boolean({
    initial: true,
    description: 'Whether a model that cannot be loaded ends the start; false: the others are served.',
  }),
  models: modelList(modelRows, {
    flag: 'model-list',
    description:
      'The models served, each with its own values of the settings that have a mark; the first is the default.',
  }),
  ...modelRows,
  ...signatureRows,
  // The processes.
  workers: integer({
    min: 1,
    max: 256,
    initial: 1,
    description: 'Processes that share the port, each with the model; one that ends is replaced.',
  }),
  workerTimeoutMs: integer({
    min: 1000,
    max: day,
    initial: 30_000,
    description: 'A worker whose event loop stands still for so long is killed and replaced.',
  }),
  computeThreads: optionalInteger({
    min: 1,
    max: 1024,
    initialText: 'the cores that the process may use',
    description: 'Threads that compute at the same time, over all models and workers; runs beyond that wait in turn.',
  }),
  intraOpThreads: optionalInteger({
    min: 1,
    max: 1024,
    initialText: 'by the cores',
    description: 'Threads of one run.',
    envFallback: 'OMP_NUM_THREADS',
    flag: 'threads',
  }),
  interOpThreads: integer({ min: 1, max: 1024, initial: 1, description: 'Threads for independent parts of one run.' }),
  logLevel: choice({
    options: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    initial: 'info',
    description: 'Least level that is logged.',
    env: 'LOG_LEVEL',
  }),
  logClientAddress: choice({
    options: ['on', 'off'],
    initial: 'on',
    description: "Whether a request's line, and its span, have the address of its client, which is personal data.",
  }),
  ...tracingRows,
};

type Rows = typeof rows;
export type SettingKey = keyof Rows;
/** A setting that each model may have a value of its own for. */
export type ModelSettingKey = keyof typeof modelRows;

/** The values in force. Times are milliseconds. */
export type Settings = {
  readonly [K in SettingKey]: ReturnType<Rows[K]> extends Setting<infer T> ? T : never;
};

/** The values in force for one model. */
export type ModelSettings = Pick<Settings, ModelSettingKey>;

/** Every setting, once. docs/settings.md is checked against it; the flags of `serve` are made from it. */
export const settingsTable = Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, row(key)])) as {
  readonly [K in SettingKey]: Setting<Settings[K]>;
};

export const modelSettingKeys = Object.keys(modelRows) as readonly ModelSettingKey[];

export const settingKeys = Object.keys(settingsTable) as readonly SettingKey[];

/** The value of a setting that is not set. */
export function defaultOf<K extends SettingKey>(key: K): Settings[K] {
  const { initial } = settingsTable[key] as Setting<Settings[K]>;
  return typeof initial === 'function' ? (initial as () => Settings[K])() : initial;
}
