import { setTimeout as delay } from 'node:timers/promises';
/**
 * How long idle connections stay open, so that a request that is on its way over one of them is answered and not reset.
 * A connection in use needs no such time: its next answer closes it.
 */
const idleGraceMs = 250;
/** Ends a server without losing a request that it has begun. */
export async function drain({ http, intake, connections, lifecycle, grpc }, { preStopDelayMs, drainTimeoutMs }) {
    lifecycle.leaving = true;
    if (preStopDelayMs > 0)
        await delay(preStopDelayMs);
    const timeIsOver = delay(drainTimeoutMs, undefined, { ref: false });
    await Promise.all([intake.stop(), grpc?.stop()]);
    await Promise.race([connections.empty(), timeIsOver, delay(idleGraceMs, undefined, { ref: false })]);
    http.closeIdleConnections();
    await Promise.race([lifecycle.idle(), timeIsOver]);
    const aborted = lifecycle.inFlight;
    connections.closeAll();
    await grpc?.closeAll();
    await connections.empty();
    // The port is closed already; this ends the checks of the time limits.
    http.close();
    return { aborted };
}
