import * as check from '../check.js';
import { listenAdmin } from './admin-listener.js';
import { createContext } from './context.js';
import { followHost } from './host-events.js';
import { Connections } from './http/connections.js';
import { drain } from './http/drain.js';
import { httpServer } from './http/listener.js';
import { listenOn } from './http/port.js';
import { resolveServerOptions } from './options.js';
import { bindRoutes } from './routes/route.js';
import { routes } from './routes/table.js';
/**
 * Listens and serves.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 * @throws ERR_CONFIG when the address cannot be listened on
 * @example
 * ```ts
 * const server = await createServer({ host, port: 8000 });
 * await server.close();
 * ```
 */
export async function createServer(options) {
    const limits = resolveServerOptions(options);
    const context = createContext(options, limits, limits.maxRequestsPerSocket);
    const { host, metrics, logger } = context;
    context.security.requireProtected('HTTP', limits.host);
    const { onDeviceFailure, onStuck } = options;
    const unfollow = followHost(host, { metrics, logger, stuckAfterMs: context.stuckAfterMs, onDeviceFailure, onStuck });
    const http = httpServer(context, bindRoutes(routes, context), limits);
    const connections = new Connections(http);
    let intake;
    let grpc;
    let admin;
    try {
        const { adminPort, adminHost } = limits;
        if (adminPort !== undefined)
            admin = await listenAdmin(context, limits, { adminPort, adminHost });
        grpc = await grpcOf(context, limits, options.listenGrpc);
        intake = await (options.listen?.(http, connections) ?? listenOn(http, limits.host, limits.port));
    }
    catch (error) {
        await grpc?.closeAll();
        unfollow();
        await admin?.close();
        context.security.close();
        throw error;
    }
    const { address, port, family } = intake.address;
    let closing;
    const close = (given = {}) => {
        try {
            checkClose(given);
        }
        catch (error) {
            return Promise.reject(error);
        }
        const { preStopDelayMs = limits.preStopDelayMs ?? 0 } = given;
        const parts = { http, intake, connections, lifecycle: context.lifecycle, grpc };
        void context.management?.close();
        // The admin port stays until the end: whoever asks there about the server hears that it drains.
        const all = async () => {
            try {
                return await drain(parts, { preStopDelayMs, drainTimeoutMs: limits.drainTimeoutMs });
            }
            finally {
                unfollow();
                await admin?.close();
                context.security.close();
            }
        };
        return (closing ??= all());
    };
    return {
        url: `${context.security.tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
        address,
        port,
        grpcPort: grpc?.address.port,
        http,
        admin: admin && publicPart(admin),
        close,
        async [Symbol.asyncDispose]() {
            await close();
        },
    };
}
/** Its library is loaded with the first port. */
async function grpcOf(context, limits, listen) {
    const { grpcPort: port } = limits;
    if (port === undefined)
        return undefined;
    const [{ openGrpc }, { rpcTable }] = await Promise.all([import('./grpc/listener.js'), import('./grpc/rpc-table.js')]);
    return openGrpc(context, rpcTable, 'inference', { ...limits, port, listen });
}
function publicPart({ url, address, port, http, grpcPort }) {
    return { url, address, port, http, grpcPort };
}
function checkClose(options) {
    check.options('close', options, ['preStopDelayMs']);
    if (options.preStopDelayMs !== undefined)
        check.integer('preStopDelayMs', options.preStopDelayMs, 0, 86_400_000);
}
