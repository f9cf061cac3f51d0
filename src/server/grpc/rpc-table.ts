import { rpcs } from '../../protocol/grpc/rpcs.js';
import { liveness } from '../routes/health.js';
import { healthCheck, healthWatch } from './health.js';
import { modelInfer, modelStreamInfer } from './infer.js';
import {
  modelConfigOf,
  modelMetadataOf,
  modelReady,
  modelStatisticsOf,
  repositoryIndex,
  serverMetadataOf,
  serverReady,
} from './models.js';
import { repositoryLoad, repositoryUnload } from './repository.js';
import { streaming, unary, type RpcRow } from './rpc-row.js';

const probe = { listeners: ['inference', 'admin'], scope: 'none', isProbe: true } as const;
const inference = { listeners: ['inference'], scope: 'infer' } as const;
const repository = { listeners: ['admin'], scope: 'admin', isRepository: true } as const;
const running = { ...inference, needsModels: true } as const;

/**
 * THE TABLE of remote procedures, as routes/table.ts is of HTTP. A new one is a row here, its messages in
 * protocol/grpc/rpcs.ts, and its test.
 */
export const rpcTable: readonly RpcRow[] = [
  unary(rpcs.healthCheck, probe, healthCheck),
  streaming(rpcs.healthWatch, probe, healthWatch),
  unary(rpcs.serverLive, probe, ({ context }) => ({ live: liveness(context).status === 'live' })),
  unary(rpcs.serverReady, probe, serverReady),
  // It names models: whoever asks needs the token that HTTP asks for.
  unary(rpcs.modelReady, { ...inference, listeners: ['inference', 'admin'] }, modelReady),
  unary(rpcs.serverMetadata, inference, serverMetadataOf),
  unary(rpcs.modelMetadata, inference, modelMetadataOf),
  unary(rpcs.modelConfig, inference, modelConfigOf),
  unary(rpcs.modelStatistics, inference, modelStatisticsOf),
  unary(rpcs.modelInfer, running, modelInfer),
  streaming(rpcs.modelStreamInfer, running, modelStreamInfer),
  unary(rpcs.repositoryIndex, { ...inference, listeners: ['inference', 'admin'] }, repositoryIndex),
  unary(rpcs.repositoryModelLoad, repository, repositoryLoad),
  unary(rpcs.repositoryModelUnload, repository, repositoryUnload),
];
