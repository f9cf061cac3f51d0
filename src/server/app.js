import { createContext } from './context.js';
import { followHost } from './host-events.js';
import { appOf } from './http/express-app.js';
import { resolveAppOptions } from './options.js';
import { bindRoutes } from './routes/route.js';
import { routes } from './routes/table.js';
/**
 * An Express app that serves predictions, health, metrics and its own description. Mount it under any path: it answers
 * every request that reaches it.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 */
export function createApp(options) {
    const context = createContext(options, resolveAppOptions(options));
    // Until the host ends: an app has no end of its own.
    followHost(context.host, context);
    return appOf(context, bindRoutes(routes, context), context.security.requestCheck(undefined));
}
