import { flushLogger } from '../monitoring/logging.js';
import { endSignals, onEndSignals } from './end-signals.js';
/**
 * On the first signal drains the server, closes the host and exits with 0, or with 1 when requests were cut or something
 * failed. A second signal exits with 1 at once, unless it is SIGHUP, or the first one again within half a second (npm and
 * a terminal both send it). Returns a function that stops listening to signals.
 */
export function drainOnSignal(server, host, logger, { signals = endSignals, hostTimeoutMs = 10_000, exit = (code) => process.exit(code) } = {}) {
    return onEndSignals(signals, (signal) => {
        logger.info({ signal }, 'draining');
        void shutDown(server, host, logger, hostTimeoutMs).then(exit);
    }, () => exit(1));
}
/** Drains the server, closes the host and flushes the log. Resolves to the code to exit with; never rejects. */
export async function shutDown(server, host, logger, hostTimeoutMs = 10_000) {
    let code = 1;
    try {
        const { aborted } = await server.close();
        const closed = await within(hostTimeoutMs, host.close());
        code = aborted === 0 && closed ? 0 : 1;
        logger.info({ aborted, hostClosed: closed }, 'drained');
    }
    catch (err) {
        logger.error({ err }, 'could not drain');
    }
    await flushLogger(logger);
    return code;
}
/** Whether the promise resolved in time. */
async function within(ms, promise) {
    let timer;
    const late = new Promise((resolve) => {
        timer = setTimeout(resolve, ms, false);
    });
    try {
        return await Promise.race([promise.then(() => true), late]);
    }
    finally {
        clearTimeout(timer);
    }
}
