import cluster from 'node:cluster';
import { TorchError } from '../errors.js';
import { openPort } from '../server/http/port.js';
import { exitCodes, inWords, reportError } from './report.js';
import { modelsToServe } from './serve-targets.js';
import { commandSettings } from './settings.js';
import { requireProtectedPorts } from './protected-ports.js';
import { UsageError } from './usage.js';
/**
 * Serves until a signal ends it. It listens at once, so that health checks have somebody to ask, and is ready once the
 * models are loaded and warm. When that fails it stops listening and throws. What may be wrong with the command itself is
 * found here, before the server is imported: that takes several times longer.
 */
export async function serve(request) {
    const onTerminal = process.stdout.isTTY;
    const read = () => {
        const settings = commandSettings({
            overrides: request.overrides,
            ...(request.config !== undefined && { file: request.config }),
            // A person at a terminal reads the line of `announce`, not a log.
            ...(onTerminal && { defaults: { logLevel: 'warn' } }),
        });
        return { settings, models: modelsOf(request, settings) };
    };
    const selection = read();
    const { settings } = selection;
    if (cluster.isPrimary)
        requireProtectedPorts(settings);
    try {
        await (cluster.isWorker ? asWorker : asServer)({ ...request, ...selection, read, onTerminal });
    }
    catch (error) {
        // What failed may be missing for the log as well: open files, say. The error is told on standard error.
        if (!onTerminal)
            await logFailedStart(inWords(error), settings).catch(() => undefined);
        if (!cluster.isWorker)
            throw error;
        // Its channel to the primary keeps a worker alive, so a failure has to end it.
        reportError(error, { json: false });
        process.exit(exitCodes.failure);
    }
}
async function asServer(job) {
    const { settings } = job;
    const port = await openPort(settings.host, settings.port);
    let grpc;
    try {
        if (settings.workers === 1) {
            const { serveAlone } = await import('./serve-here.js');
            await serveAlone(job, port);
            return;
        }
        const { supervise } = await import('./cluster/supervisor.js');
        if (settings.grpcPort !== undefined)
            grpc = await openPort(settings.host, settings.grpcPort);
        process.exitCode = await supervise({ http: port, grpc }, job);
        port.close();
        grpc?.close();
    }
    catch (error) {
        // An open port would keep the process.
        port.close();
        grpc?.close();
        throw error;
    }
}
async function asWorker(job) {
    const { serveAsWorker } = await import('./serve-here.js');
    return serveAsWorker(job);
}
/** Whoever collects the log on standard output sees the end there too, not only on standard error. */
async function logFailedStart(error, { logLevel, workers }) {
    const { createLogger, flushLogger } = await import('../monitoring/logging.js');
    const logger = createLogger({ level: logLevel, shared: workers > 1 });
    const code = error instanceof TorchError ? error.code : 'ERR_INTERNAL';
    logger.fatal({ code, err: error }, 'could not start');
    await flushLogger(logger);
}
/** @throws UsageError */
function modelsOf({ targets, name }, settings) {
    try {
        return modelsToServe(targets, name, settings);
    }
    catch (cause) {
        throw new UsageError(cause);
    }
}
