import cluster from 'node:cluster';
import type { SettingKey, Settings } from '../server/settings/table.js';
import { TorchError } from '../errors.js';
import type { BatchQueueOptions } from '../batching/index.js';
import { ModelRegistry } from '../registry/index.js';
import type { WarmupReport } from '../model/model.js';
import { runtime } from '../engines/runtime.js';
import {
  createLogger,
  createServer,
  drainOnSignal,
  shutDown,
  type InferenceServer,
  type Logger,
} from '../server/index.js';
import { serverOptionsOf } from '../server/options.js';
import { ModelHost, type HostModel } from '../serving/index.js';
import { supervise } from './cluster/supervisor.js';
import { asWorker, drainOnMessage, shareMetrics, tellReady, threadsPerWorker } from './cluster/worker.js';
import { configureThreads } from './load-target.js';
import { exitCodes } from './report.js';
import { commandSettings } from './settings.js';
import { foldersOf, parseTarget, type Target } from './target.js';

export interface ServeRequest {
  readonly model: string | undefined;
  /** Path of the settings file. */
  readonly config: string | undefined;
  readonly overrides: Partial<Record<SettingKey, unknown>>;
  /** Called once signals are taken care of here. */
  readonly onDrainable: () => void;
}

/**
 * Serves until a signal ends it. It listens at once, so that health checks have somebody to ask, and is ready once the
 * model is loaded and warm. When that fails it stops listening and throws.
 */
export async function serve(request: ServeRequest): Promise<void> {
  const onTerminal = process.stdout.isTTY;
  const target = request.model === undefined ? undefined : parseTarget(request.model);
  const settings = commandSettings({
    overrides: { ...request.overrides, ...(target && 'name' in target && namedSettings(target)) },
    ...(request.config !== undefined && { file: request.config }),
    // A person at a terminal reads the line below, not a log.
    ...(onTerminal && { defaults: { logLevel: 'warn' } }),
  });
  const { workers } = settings;
  const here = () => serveHere(target, settings, onTerminal, request.onDrainable);
  if (workers === 1) return here();
  if (cluster.isWorker) return asWorker(here);
  const supervised = supervise(workers, createLogger({ level: settings.logLevel, shared: true }));
  request.onDrainable();
  process.exitCode = await supervised;
}

/** Serves from this process: the only one, or one of several. */
async function serveHere(
  target: Target | undefined,
  settings: Settings,
  onTerminal: boolean,
  onDrainable: () => void,
): Promise<void> {
  const { worker } = cluster;
  configureThreads(
    worker && settings.intraOpThreads === undefined
      ? { ...settings, intraOpThreads: threadsPerWorker(settings) }
      : settings,
  );
  const ownLogger = createLogger({ level: settings.logLevel, shared: worker !== undefined });
  const logger = worker ? ownLogger.child({ worker: worker.id }) : ownLogger;
  const host = await startHost(target && 'file' in target ? target.file : undefined, settings);
  let server: InferenceServer | undefined;
  try {
    // One of several can leave by itself: the primary puts another in its place.
    const leave = () => {
      if (server) void shutDown(server, host, logger).then(() => process.exit(exitCodes.failure));
    };
    const asOneOfSeveral = worker && { shareMetrics, onDeviceFailure: leave };
    server = await createServer({ ...serverOptionsOf(settings), host, logger, ...asOneOfSeveral });
    (worker ? drainOnMessage : drainOnSignal)(server, host, logger);
    onDrainable();
    logger.info({ url: server.url }, 'listening');
    await host.ready;
  } catch (error) {
    // A signal came during the load; drainOnSignal ends the process.
    if (error instanceof TorchError && error.code === 'ERR_DRAINING') return;
    await server?.close();
    await host.close();
    throw error;
  }
  if (worker) tellReady();
  // One line is enough for a person: that of the worker which came first.
  await announce(server, host, logger, onTerminal && (worker?.id ?? 1) === 1);
}

async function startHost(file: string | undefined, settings: Settings): Promise<ModelHost> {
  const { device, precision, optimize, instances, maxPending, operatorLibraries } = settings;
  const { model, modelVersion, warmupBatchSizes } = settings;
  const load = { device, precision, optimize, instances, maxPending, operatorLibraries };
  const common = { load, batching: batchingOf(settings) };
  const versions = modelVersion === undefined ? {} : { versions: [modelVersion] };
  const models: HostModel[] = [file === undefined ? { name: model, ...versions, ...common } : { file, ...common }];
  const registry = file === undefined ? { registry: await ModelRegistry.open(foldersOf(settings)) } : {};
  return ModelHost.start({ ...registry, models, ...(warmupBatchSizes && { warmupBatchSizes }) });
}

function batchingOf(settings: Settings): BatchQueueOptions | false {
  const { batching, maxBatchSize, maxDelayMs, allowedBatchSizes, maxQueueSize, maxQueueBytes, targetP95Ms } = settings;
  if (batching === 'off') return false;
  return {
    maxBatchSize,
    maxDelayMs,
    maxQueueSize,
    maxQueueBytes,
    timeoutMs: settings.requestTimeoutMs,
    ...(allowedBatchSizes && { allowedBatchSizes }),
    ...(targetP95Ms !== undefined && { targetP95Ms }),
  };
}

/** What is served where, and on what: the device and the threads that were chosen. */
async function announce(server: InferenceServer, host: ModelHost, logger: Logger, onTerminal: boolean): Promise<void> {
  const { threads, libtorch } = await runtime.info();
  for (const { name, version, model, queue, notBatched } of host.list()) {
    const { device, instances, sha256, warnings } = model.info;
    const facts = {
      model: name,
      version,
      device: device.device,
      instances,
      threads,
      libtorch: libtorch.version,
      sha256,
      maxBatchSize: queue?.options.maxBatchSize ?? 1,
    };
    logger.info({ ...facts, url: server.url, reason: device.reason, warmup: warmupFacts(model.warmupReport) }, 'ready');
    if (notBatched !== undefined) logger.warn({ model: name, version }, `requests are not batched: ${notBatched}`);
    for (const warning of [...libtorch.warnings, ...warnings]) logger.warn({ model: name, version }, warning);
    if (!onTerminal) continue;
    process.stdout.write(
      `${name} ${version} at ${server.url} on ${device.device} (LibTorch ${libtorch.version}, ` +
        `${instances} × ${threads.intraOp} threads)\n`,
    );
  }
}

/** Sizes as text: a list of numbers is withheld from the log, as inputs are. */
function warmupFacts(report: WarmupReport | undefined): object | undefined {
  return report && { ...report, batchSizes: report.batchSizes.join(',') };
}

function namedSettings({ name, version }: { name: string; version?: string }): Partial<Record<SettingKey, unknown>> {
  return { model: name, ...(version !== undefined && { modelVersion: version }) };
}
