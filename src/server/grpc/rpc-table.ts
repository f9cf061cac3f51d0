import { rpcs } from '../../protocol/grpc/rpcs.js';
import { readiness } from '../readiness.js';
import { healthCheck, healthWatch } from './health.js';
import { modelInfer, modelStreamInfer } from './infer.js';
import { streaming, unary, type RpcRow } from './rpc-row.js';

const everywhere = { listeners: ['inference', 'admin'], scope: 'none' } as const;
const inference = { listeners: ['inference'], scope: 'infer' } as const;

/**
 * THE TABLE of remote procedures, as routes/table.ts is of HTTP. A new one is a row here, its messages in
 * protocol/grpc/rpcs.ts, and its test.
 */
export const rpcTable: readonly RpcRow[] = [
  unary(rpcs.healthCheck, everywhere, healthCheck),
  streaming(rpcs.healthWatch, everywhere, healthWatch),
  unary(rpcs.serverLive, everywhere, () => ({ live: true })),
  unary(rpcs.serverReady, everywhere, ({ context }) => ({ ready: readiness(context).status === 'ready' })),
  unary(rpcs.modelInfer, { ...inference, needsModels: true }, modelInfer),
  streaming(rpcs.modelStreamInfer, { ...inference, needsModels: true }, modelStreamInfer),
];
