import { tokensOfEnvironment } from '../protected-ports.js';
import { ClusterHost } from './cluster-host.js';
/**
 * Listens where the settings say; undefined where they say nothing.
 * @throws ERR_CONFIG when the address cannot be listened on
 */
export async function listenForAdmin(settings, models, metrics, isEnding) {
    const { adminPort, adminHost } = settings;
    if (adminPort === undefined)
        return undefined;
    // A primary process without an admin port needs none of a server's modules.
    const [{ listenAdmin }, { createContext }, { resolveServerOptions, serverOptionsOf }] = await Promise.all([
        import('../../server/admin-listener.js'),
        import('../../server/context.js'),
        import('../../server/options.js'),
    ]);
    const { createLogger } = await import('../../monitoring/logging.js');
    const logger = createLogger({ level: settings.logLevel, shared: true });
    const options = {
        ...serverOptionsOf(settings),
        ...tokensOfEnvironment(),
        host: new ClusterHost(models.fleet, models.defaultModel, isEnding),
        logger,
        management: models.management,
        shareMetrics: (own) => () => metrics.text(own),
    };
    const limits = resolveServerOptions(options);
    const context = createContext(options, limits, limits.maxRequestsPerSocket);
    const admin = await listenAdmin(context, limits, { adminPort, adminHost });
    const close = async () => {
        await admin.close();
        context.security.close();
    };
    const { url: adminUrl, grpcPort } = admin;
    logger.info({ adminUrl, ...(grpcPort !== undefined && { adminGrpcPort: grpcPort }) }, 'listening for administrators');
    return { url: admin.url, close };
}
