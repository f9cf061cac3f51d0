import type { Logger } from '../../monitoring/logging.js';
import type { Settings } from '../../server/settings/table.js';
import { tokensOfEnvironment } from '../protected-ports.js';
import { ClusterHost } from './cluster-host.js';
import type { ClusterMetrics } from './metrics.js';
import type { ClusterModels } from './models.js';
import type { ClusterMonitoring } from './monitoring.js';

/** The admin port of a primary process. */
export interface ClusterAdmin {
  readonly url: string;
  close(): Promise<void>;
}

interface OfCluster {
  readonly metrics: ClusterMetrics;
  readonly monitoring: ClusterMonitoring;
  readonly logger: Logger;
  readonly isEnding: () => boolean;
}

/**
 * Listens where the settings say; undefined where they say nothing.
 * @throws ERR_CONFIG when the address cannot be listened on
 */
export async function listenForAdmin(
  settings: Settings,
  models: ClusterModels,
  { metrics, monitoring, logger, isEnding }: OfCluster,
): Promise<ClusterAdmin | undefined> {
  const { adminPort, adminHost } = settings;
  if (adminPort === undefined) return undefined;
  // A primary process without an admin port needs none of a server's modules.
  const [{ listenAdmin }, { createContext }, { resolveServerOptions, serverOptionsOf }] = await Promise.all([
    import('../../server/admin-listener.js'),
    import('../../server/context.js'),
    import('../../server/options.js'),
  ]);
  const options = {
    ...serverOptionsOf(settings),
    ...tokensOfEnvironment(),
    host: new ClusterHost(models.fleet, models.defaultModel, isEnding),
    logger,
    management: models.management,
    shareMonitoring: monitoring,
    shareMetrics: (own: Parameters<ClusterMetrics['text']>[0]) => () => metrics.text(own),
  };
  const limits = resolveServerOptions(options);
  const context = createContext(options, limits, limits.maxRequestsPerSocket);
  await context.tracing.loading;
  const admin = await listenAdmin(context, limits, { adminPort, adminHost });
  const close = async (): Promise<void> => {
    await admin.close();
    context.security.close();
  };
  const { url: adminUrl, grpcPort } = admin;
  logger.info({ adminUrl, ...(grpcPort !== undefined && { adminGrpcPort: grpcPort }) }, 'listening for administrators');
  return { url: admin.url, close };
}
