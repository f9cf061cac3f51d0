import cluster from 'node:cluster';
import { TorchError } from '../errors.js';
import { exitWhenOpened } from '../engines/exit.js';
import { openPort, type OpenPort } from '../server/http/port.js';
import type { ModelEntry } from '../server/settings/model-entries.js';
import { requireConsistentPolicy } from '../server/settings/policy.js';
import type { SettingKey, Settings } from '../server/settings/table.js';
import { exitCodes, inWords, isOutOfFiles, reportError } from './report.js';
import { requireOwnWorker } from './cluster/messages.js';
import type { ServeSelection } from './serve-catalog.js';
import { modelsToServe } from './serve-targets.js';
import { commandSettings } from './settings.js';
import { requireProtectedPorts } from './protected-ports.js';
import { configureCompute, openEngines } from './engines-ahead.js';
import { asked, UsageError } from './usage.js';

export interface ServeRequest {
  /** Files, NAME=file, and names or name@version of the registry; the first is the default. None: what the settings say. */
  readonly targets: readonly string[];
  /** What the only target, a file, is called. */
  readonly name: string | undefined;
  /** Path of the settings file. */
  readonly config: string | undefined;
  readonly overrides: Partial<Record<SettingKey, unknown>>;
  /** Called once signals are taken care of here. */
  readonly onDrainable: () => void;
}

/**
 * Serves until a signal ends it. It listens at once, so that health checks have somebody to ask, and is ready once the
 * models are loaded and warm. When that fails it stops listening and throws. What may be wrong with the command itself is
 * found here, before the server is imported: that takes several times longer.
 */
export async function serve(request: ServeRequest): Promise<void> {
  const onTerminal = process.stdout.isTTY;
  if (cluster.isWorker) return asWorker(onTerminal);
  const read = (): ServeSelection => {
    const settings = commandSettings({
      overrides: request.overrides,
      ...(request.config !== undefined && { file: request.config }),
      // A person at a terminal reads the line of `announce`, not a log.
      ...(onTerminal && { defaults: { logLevel: 'warn' } }),
    });
    return { settings, models: modelsOf(request, settings) };
  };
  const selection = read();
  requireProtectedPorts(selection.settings);
  asked(() => requireConsistentPolicy(selection.settings));
  try {
    await asServer({ ...request, ...selection, read, onTerminal });
  } catch (error) {
    if (!onTerminal) await logFailedStart(error, selection.settings);
    throw error;
  }
}

export interface ServeJob {
  /** At least one; the first is the default. */
  readonly models: readonly ModelEntry[];
  readonly settings: Settings;
  /** Reads the command line, the environment and the settings file anew. @throws UsageError */
  readonly read: () => ServeSelection;
  readonly onTerminal: boolean;
  readonly onDrainable: () => void;
}

async function asServer(job: ServeJob): Promise<void> {
  const { settings } = job;
  const port = await openPort(settings.host, settings.port);
  let grpc: OpenPort | undefined;
  try {
    if (settings.workers === 1) {
      configureCompute(job);
      await openEngines(job);
      const { serveAlone } = await import('./serve-here.js');
      await serveAlone(job, port);
      return;
    }
    const { supervise } = await import('./cluster/supervisor.js');
    if (settings.grpcPort !== undefined) grpc = await openPort(settings.host, settings.grpcPort);
    const code = await supervise({ http: port, grpc }, job);
    port.close();
    grpc?.close();
    // What others loaded into this process (pm2's channel, an agent's timer) would keep it.
    process.exit(code);
  } catch (error) {
    // An open port would keep the process.
    port.close();
    grpc?.close();
    throw error;
  }
}

/** Its settings are the primary's: the file may say something else by now, or nothing that can be read. */
async function asWorker(onTerminal: boolean): Promise<void> {
  let selection: ServeSelection | undefined;
  try {
    asked(requireOwnWorker);
    const { primarySettings } = await import('./cluster/worker-models.js');
    selection = await primarySettings();
    configureCompute(selection);
    await openEngines(selection);
    const { serveAsWorker } = await import('./serve-here.js');
    await serveAsWorker(selection, { onTerminal });
  } catch (error) {
    if (!onTerminal && selection) await logFailedStart(error, selection.settings);
    // Its channel to the primary keeps a worker alive, so a failure has to end it.
    const isUsage = error instanceof UsageError;
    reportError(isUsage ? error.cause : error, { json: false });
    await exitWhenOpened(isUsage ? exitCodes.usage : exitCodes.failure);
  }
}

/** What failed may be missing for the log as well: open files, say. The error is told on standard error. */
function logFailedStart(thrown: unknown, settings: Settings): Promise<void> {
  // Node's loader leaves a rejection of its own unhandled where it may open no file: the process would end by that, and not by the error.
  process.on('unhandledRejection', (reason) => {
    if (!isOutOfFiles(reason)) throw reason;
  });
  return logFatal(inWords(thrown), settings).catch(() => undefined);
}

/** Whoever collects the log on standard output sees the end there too, not only on standard error. */
async function logFatal(error: unknown, { logLevel, workers }: Settings): Promise<void> {
  const { createLogger, flushLogger } = await import('../monitoring/logging.js');
  const logger = createLogger({ level: logLevel, shared: workers > 1 });
  const code = error instanceof TorchError ? error.code : 'ERR_INTERNAL';
  logger.fatal({ code, err: error }, 'could not start');
  await flushLogger(logger);
}

/** @throws UsageError */
function modelsOf({ targets, name }: ServeRequest, settings: Settings): readonly ModelEntry[] {
  try {
    return modelsToServe(targets, name, settings);
  } catch (cause) {
    throw new UsageError(cause);
  }
}
