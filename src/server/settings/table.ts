import { bundledModelsDir, bundledRegistryDir } from '../../registry/folders.js';
import { choice, directory, files, integer, optionalInteger, optionalIntegers, text, type Setting } from './setting.js';

const day = 86_400_000;

const rows = {
  // Where the server listens and what it accepts.
  host: text(/^[^\s/]{1,255}$/, 'a host name or address', '127.0.0.1', '127.0.0.1', 'Address to listen on.', {
    env: 'HOST',
  }),
  port: integer(0, 65535, 8000, 'Port to listen on; 0 takes a free one.', { env: 'PORT' }),
  bodyLimitBytes: integer(1024, 2 ** 30, 8 * 2 ** 20, 'Largest request body, in bytes.'),
  maxConnections: integer(1, 65535, 1024, 'Open connections; more are closed at once.'),
  maxRequestsPerSocket: integer(1, 1_000_000, 1000, 'Requests on one connection before it is closed.'),
  maxHeadersCount: integer(8, 2000, 64, 'Header lines of a request; one more is answered 431.'),
  // Time limits, in milliseconds.
  requestTimeoutMs: integer(1, day, 30_000, 'Deadline of a prediction; a request may shorten it.'),
  headersTimeoutMs: integer(1, day, 10_000, "Time for a request's headers to arrive; at most receiveTimeoutMs."),
  receiveTimeoutMs: integer(1, day, 30_000, 'Time for a whole request to arrive.'),
  connectionsCheckingIntervalMs: integer(10, 60_000, 1000, 'How often the two limits above are checked.'),
  keepAliveTimeoutMs: integer(1, day, 65_000, 'How long an idle connection stays open.'),
  drainTimeoutMs: integer(0, day, 30_000, 'On SIGTERM: time for running requests to end.'),
  preStopDelayMs: integer(0, day, 0, 'On SIGTERM: time between answering "not ready" and refusing connections.'),
  // The model.
  registryDir: directory(bundledRegistryDir, 'the bundled registry', 'Folder of registry records.', {
    flag: 'registry',
  }),
  modelsDir: directory(bundledModelsDir, 'the bundled models', 'Folder of model artifacts.', { flag: 'models' }),
  model: text(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'a model name',
    'mnist-mlp',
    'mnist-mlp',
    'The default model, by its name in the registry.',
  ),
  modelVersion: text<string | undefined>(
    /^v?[0-9]+(\.[0-9]+){0,2}$/,
    'a version such as v1.0',
    undefined,
    'the only version, or v1.0',
    'The version served.',
  ),
  device: text(/^(auto|cpu|cuda(:[0-9]{1,2})?)$/, 'auto, cpu, cuda or cuda:N', 'auto', 'auto', 'Where the model runs.'),
  precision: choice(
    ['auto', 'fp32', 'fp16', 'bf16'],
    'auto',
    "Number format of the weights; auto keeps the artifact's own.",
  ),
  operatorLibraries: files('operator-library', 'Libraries of custom operators, opened before the model.'),
  optimize: choice(['none', 'freeze', 'inference'], 'freeze', 'Graph optimisation at load.'),
  instances: integer(1, 256, 1, 'Runs of the model at the same time.'),
  maxPending: integer(0, 1_000_000, 1024, 'Without batching: runs waiting for an instance; one more is answered 429.'),
  warmupBatchSizes: optionalIntegers(1, 1024, 'those batches have', 'Batch sizes run before the server reports ready.'),
  // Batching of concurrent requests.
  batching: choice(['on', 'off'], 'on', 'Requests that arrive while the model is busy share its next run.'),
  maxBatchSize: integer(1, 1024, 32, 'Rows of a batch; a larger request is split.'),
  maxDelayMs: integer(0, 60_000, 0, 'How long a request may be held back for others to join it, in milliseconds.'),
  allowedBatchSizes: optionalIntegers(
    1,
    1024,
    'any; on CUDA powers of two',
    'Batches are padded up to one of these; the largest is maxBatchSize.',
  ),
  maxQueueSize: integer(1, 10_000_000, 1024, 'Rows waiting for a batch; more are answered 429.'),
  maxQueueBytes: integer(1024, 2 ** 40, 256 * 2 ** 20, 'Bytes of inputs waiting for a batch; more are answered 429.'),
  targetP95Ms: optionalInteger(
    1,
    day,
    'none',
    'Latency objective: batches grow only as far as it allows, in milliseconds.',
  ),
  // The processes.
  workers: integer(1, 256, 1, 'Processes that share the port, each with the model; one that ends is replaced.'),
  intraOpThreads: optionalInteger(1, 1024, 'by the cores', 'Threads of one run.', {
    envFallback: 'OMP_NUM_THREADS',
    flag: 'threads',
  }),
  interOpThreads: integer(1, 1024, 1, 'Threads for independent parts of one run.'),
  logLevel: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'Least level that is logged.',
    {
      env: 'LOG_LEVEL',
    },
  ),
};

type Rows = typeof rows;
export type SettingKey = keyof Rows;

/** The values in force. Times are milliseconds. */
export type Settings = {
  readonly [K in SettingKey]: ReturnType<Rows[K]> extends Setting<infer T> ? T : never;
};

/** Every setting, once. docs/settings.md is checked against it; the flags of `serve` are made from it. */
export const settingsTable = Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, row(key)])) as {
  readonly [K in SettingKey]: Setting<Settings[K]>;
};

export const settingKeys = Object.keys(settingsTable) as readonly SettingKey[];

/** The value of a setting that nobody has set. */
export function defaultOf<K extends SettingKey>(key: K): Settings[K] {
  const { initial } = settingsTable[key] as Setting<Settings[K]>;
  return typeof initial === 'function' ? (initial as () => Settings[K])() : initial;
}
