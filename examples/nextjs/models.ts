import { ModelHost } from 'node-libtorch';

let host: Promise<ModelHost> | undefined;

/** The models of this process, loaded with the first request. At the top of a module, `next build` would load them too. */
export function models(): Promise<ModelHost> {
  return (host ??= ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }] }));
}
