import cluster from 'node:cluster';
import { hasCode } from '../errors.js';
import { exitWhenOpened } from '../engines/exit.js';
import type { OpenPort } from '../server/http/port.js';
import type { AdminServer } from '../server/admin-server.js';
import {
  createLogger,
  createServer,
  shutDown,
  type InferenceServer,
  type Logger,
  type ServerOptions,
} from '../server/index.js';
import { serverOptionsOf } from '../server/options.js';
import { refreshModels } from '../server/management/refresh.js';
import type { Fleet } from '../server/management/fleet.js';
import { HostFleet } from '../server/management/host-fleet.js';
import type { Management } from '../server/management/management.js';
import { Manager } from '../server/management/manager.js';
import type { ModelEntry } from '../server/settings/model-entries.js';
import type { Settings } from '../server/settings/table.js';
import type { ModelHost } from '../serving/index.js';
import { announce } from './announce.js';
import { ownAssignment } from './cluster/messages.js';
import { fromPrimary, grpcFromPrimary, leave, obey, shareMetrics, tell } from './cluster/worker.js';
import { monitoringOfAll } from './cluster/worker-monitoring.js';
import { feedbackOfAll } from './cluster/worker-feedback.js';
import { managementOfAll } from './cluster/worker-management.js';
import { assignedModels, WorkerModels } from './cluster/worker-models.js';
import { onSignals } from './ending.js';
import { hostModelOf, startHost } from './host-of-settings.js';
import { tokensOfEnvironment } from './protected-ports.js';
import { exitCodes } from './report.js';
import type { ServeJob } from './serve.js';
import { ServeCatalog, type ServeSelection } from './serve-catalog.js';
import { nameOf } from './serve-targets.js';

/** How a process takes part in serving: as the only one, or as one of several. */
interface Role {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly options: Partial<ServerOptions>;
  /** Who changes the models. Called before the first load begins. */
  readonly manage: (host: ModelHost) => Management;
  /** Takes connections, and is drained, from now on; the model may still be loading. */
  readonly onListening: (server: InferenceServer, host: ModelHost, management: Management) => void;
  readonly onReady: (server: InferenceServer) => void;
  /** The load failed: this process is about to close its server. */
  readonly onFailed: () => void;
  /** Default: the first of the models. */
  readonly defaultModel?: string;
  /** What the loads of the start count as. Default: each as one by itself. */
  readonly attempt?: string;
  /** One line is enough for a person. */
  readonly announces: boolean;
}

/** Serves from this process alone. */
export async function serveAlone(
  { models, settings, read, onTerminal, onDrainable }: ServeJob,
  port: OpenPort,
): Promise<void> {
  const logger = createLogger({ level: settings.logLevel });
  const onListening = (server: InferenceServer, host: ModelHost, management: Management): void => {
    onSignals(settings, {
      begin: ({ because, preStopDelayMs: announcedMs }) => {
        // Nobody sends requests to what was never ready.
        const preStopDelayMs = host.state === 'ready' ? announcedMs : 0;
        logger.info({ ...because, preStopDelayMs }, 'draining');
        const announced = { close: () => server.close({ preStopDelayMs }) };
        void shutDown(announced, host, logger).then(exitWhenOpened);
      },
      insist: () => process.exit(exitCodes.failure),
      refresh: () => void refreshModels(management, logger),
    });
    onDrainable();
    logger.info(placesOf(server), 'listening');
  };
  const options = { listen: port.listen };
  const catalog = new ServeCatalog({ models, settings }, read);
  await serveHere(models, {
    settings,
    logger,
    options,
    manage: (host) => new Manager({ fleet: fleetOf(host, settings), catalog, logger }),
    onListening,
    onReady: nothing,
    onFailed: nothing,
    announces: onTerminal,
  });
}

/** Serves from this process, one of several. The first takes connections while it loads, so that health checks are answered. */
export async function serveAsWorker(
  { models, settings: shared }: ServeSelection,
  { onTerminal }: Pick<ServeJob, 'onTerminal'>,
): Promise<void> {
  const { address, grpcAddress, isFirst, attempt } = ownAssignment();
  const id = cluster.worker?.id ?? 1;
  const logger = createLogger({ level: shared.logLevel, shared: true }).child({ worker: id });
  // The primary has the admin port.
  const settings = { ...shared, adminPort: undefined, adminGrpcPort: undefined };
  // It can leave by itself: the primary puts another in its place.
  let leaveNow: (hostTimeoutMs: number) => void = nothing;
  const assigned = await assignedModels();
  let own: WorkerModels | undefined;
  await serveHere(
    assigned.map(({ model }) => model),
    {
      settings,
      logger,
      defaultModel: nameOf(models[0] as ModelEntry),
      attempt,
      manage(host) {
        own = new WorkerModels(host, {
          started: assigned,
          attempt,
          logger,
          hostModelOf: (entry) => hostModelOf(entry, settings),
        });
        return managementOfAll(host);
      },
      options: {
        listen: fromPrimary(address),
        ...(grpcAddress && { listenGrpc: grpcFromPrimary(grpcAddress) }),
        shareMetrics,
        shareMonitoring: monitoringOfAll(),
        shareFeedback: feedbackOfAll(),
        onDeviceFailure: () => leaveNow(10_000),
        // Its runs have had their time.
        onStuck: () => leaveNow(500),
      },
      onListening(server, host) {
        leaveNow = (hostTimeoutMs) => void leave(server, host, logger, hostTimeoutMs);
        obey(server, host, logger);
        // Others get connections once they have what all have: the primary knows when.
        if (!isFirst) return;
        tell({ kind: 'listening' });
        logger.info(placesOf(server), 'listening');
      },
      onReady(server) {
        if (!isFirst) logger.info(placesOf(server), 'listening');
        tell({ kind: 'ready', ...(own as WorkerModels).description() });
      },
      // Without it the close would wait for connections that may still come.
      onFailed: () => tell({ kind: 'leaving' }),
      announces: onTerminal && id === 1,
    },
  );
}

/** The models of this process, as the settings name them. */
function fleetOf(host: ModelHost, settings: Settings): Fleet<ModelEntry> {
  const fleet = new HostFleet(host);
  return {
    list: () => fleet.list(),
    load: (entry, signal, beforeSwap) => fleet.load(hostModelOf(entry, settings), signal, beforeSwap),
    unload: (name, version) => fleet.unload(name, version),
    aliases: (name) => fleet.aliases(name),
    canary: (name) => fleet.canary(name),
    setCanary: (name, canary, isLoadedForIt) => fleet.setCanary(name, canary, isLoadedForIt),
    holdCanary: (name, version) => fleet.holdCanary(name, version),
    promote: (name) => fleet.promote(name),
    setAliases: (name, aliases, signal, beforeSwap) => fleet.setAliases(name, aliases, signal, beforeSwap),
    clear: (name, version) => fleet.clear(name, version),
  };
}

async function serveHere(models: readonly ModelEntry[], role: Role): Promise<void> {
  const { settings, logger } = role;
  const host = await startHost(models, settings, role.defaultModel ?? nameOf(models[0] as ModelEntry), role.attempt);
  const management = role.manage(host);
  let server: InferenceServer | undefined;
  try {
    server = await createServer({
      ...serverOptionsOf(settings),
      ...tokensOfEnvironment(),
      ...role.options,
      host,
      logger,
      management,
    });
    role.onListening(server, host, management);
    await host.ready;
    const [failed] = host.failed();
    if (failed && host.list().length === 0) throw failed.error;
  } catch (error) {
    // A signal came during the load; its drain ends the process.
    if (hasCode(error, 'ERR_DRAINING')) return;
    role.onFailed();
    await server?.close({ preStopDelayMs: 0 });
    await host.close();
    throw error;
  }
  role.onReady(server);
  await announce(server, host, logger, role.announces);
}

/** With a gRPC port only where there is one. */
function placesOf({ url, grpcPort, admin }: InferenceServer): object {
  return { url, ...(grpcPort !== undefined && { grpcPort }), ...(admin && adminPlaces(admin)) };
}

const nothing = (): void => undefined;

const adminPlaces = ({ url, grpcPort }: AdminServer): object => ({
  adminUrl: url,
  ...(grpcPort !== undefined && { adminGrpcPort: grpcPort }),
});
