import cluster from 'node:cluster';
import { TorchError } from '../errors.js';
import { runtime } from '../engines/runtime.js';
import { createLogger, createServer, shutDown, } from '../server/index.js';
import { serverOptionsOf } from '../server/options.js';
import { refreshModels } from '../server/management/refresh.js';
import { HostFleet } from '../server/management/host-fleet.js';
import { Manager } from '../server/management/manager.js';
import { announce } from './announce.js';
import { ownAssignment } from './cluster/messages.js';
import { fromPrimary, grpcFromPrimary, leave, obey, shareMetrics, tell, threadsPerWorker } from './cluster/worker.js';
import { assignedModels, managementOfAll, WorkerModels } from './cluster/worker-models.js';
import { onSignals } from './ending.js';
import { hostModelOf, startHost } from './host-of-settings.js';
import { configureThreads } from './load-target.js';
import { tokensOfEnvironment } from './protected-ports.js';
import { exitCodes } from './report.js';
import { computeThreadsOf, defaultIntraOpThreads } from '../model/threads.js';
import { ServeCatalog } from './serve-catalog.js';
import { nameOf } from './serve-targets.js';
/** Serves from this process alone. */
export async function serveAlone({ models, settings, read, onTerminal, onDrainable }, port) {
    const logger = createLogger({ level: settings.logLevel });
    const onListening = (server, host, management) => {
        onSignals(settings, {
            begin: ({ because, preStopDelayMs: announcedMs }) => {
                // Nobody sends requests to what was never ready.
                const preStopDelayMs = host.state === 'ready' ? announcedMs : 0;
                logger.info({ ...because, preStopDelayMs }, 'draining');
                const announced = { close: () => server.close({ preStopDelayMs }) };
                void shutDown(announced, host, logger).then((code) => process.exit(code));
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
export async function serveAsWorker({ models, settings: shared, onTerminal }) {
    const { address, grpcAddress, isFirst } = ownAssignment();
    const id = cluster.worker?.id ?? 1;
    const logger = createLogger({ level: shared.logLevel, shared: true }).child({ worker: id });
    const { intraOpThreads = threadsPerWorker({ ...shared, instances: mostInstances(models, shared) }) } = shared;
    // The primary has the admin port.
    const settings = { ...shared, intraOpThreads, adminPort: undefined, adminGrpcPort: undefined };
    // It can leave by itself: the primary puts another in its place.
    let leaveNow = nothing;
    const assigned = await assignedModels();
    await serveHere(assigned.map(({ model }) => model), {
        settings,
        logger,
        defaultModel: nameOf(models[0]),
        manage(host) {
            new WorkerModels(host, assigned, logger, (entry) => hostModelOf(entry, settings));
            return managementOfAll(host);
        },
        options: {
            listen: fromPrimary(address),
            ...(grpcAddress && { listenGrpc: grpcFromPrimary(grpcAddress) }),
            shareMetrics,
            onDeviceFailure: () => leaveNow(10_000),
            // Its runs have had their time.
            onStuck: () => leaveNow(500),
        },
        onListening(server, host) {
            leaveNow = (hostTimeoutMs) => void leave(server, host, logger, hostTimeoutMs);
            obey(server, host, logger);
            // Others get connections once they have what all have: the primary knows when.
            if (!isFirst)
                return;
            tell({ kind: 'listening' });
            logger.info(placesOf(server), 'listening');
        },
        onReady(server) {
            if (!isFirst)
                logger.info(placesOf(server), 'listening');
            tell({ kind: 'ready' });
        },
        // Without it the close would wait for connections that may still come.
        onFailed: () => tell({ kind: 'leaving' }),
        announces: onTerminal && id === 1,
    });
}
/** The models of this process, as the settings name them. */
function fleetOf(host, settings) {
    const fleet = new HostFleet(host);
    return {
        list: () => fleet.list(),
        load: (entry, signal) => fleet.load(hostModelOf(entry, settings), signal),
        unload: (name, version) => fleet.unload(name, version),
    };
}
async function serveHere(models, role) {
    const { settings, logger } = role;
    const { intraOpThreads = defaultIntraOpThreads(mostInstances(models, settings)), workers } = settings;
    configureThreads({ ...settings, intraOpThreads });
    runtime.configure({ computeThreads: computeThreadsOf(settings, workers) });
    const host = await startHost(models, settings, role.defaultModel ?? nameOf(models[0]));
    const management = role.manage(host);
    let server;
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
        if (failed && host.list().length === 0)
            throw failed.error;
    }
    catch (error) {
        // A signal came during the load; its drain ends the process.
        if (error instanceof TorchError && error.code === 'ERR_DRAINING')
            return;
        role.onFailed();
        await server?.close({ preStopDelayMs: 0 });
        await host.close();
        throw error;
    }
    role.onReady(server);
    await announce(server, host, logger, role.announces);
}
/** With a gRPC port only where there is one. */
function placesOf({ url, grpcPort, admin }) {
    return { url, ...(grpcPort !== undefined && { grpcPort }), ...(admin && adminPlaces(admin)) };
}
/** Threads are fixed before the first model is loaded, so they are shared out for the model with most instances. */
function mostInstances(models, shared) {
    return Math.max(...models.map(({ instances }) => instances ?? shared.instances));
}
const nothing = () => undefined;
const adminPlaces = ({ url, grpcPort }) => ({
    adminUrl: url,
    ...(grpcPort !== undefined && { adminGrpcPort: grpcPort }),
});
