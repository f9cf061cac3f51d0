import type { ModelInfo } from './info.js';

/** What `runtime.info()` says of a model that is loaded. */
export interface LiveModel extends Pick<
  ModelInfo,
  'engine' | 'precision' | 'instances' | 'sha256' | 'parameterBytes' | 'artifactBytes'
> {
  /** `cpu`, `cuda:0`, … */
  readonly device: string;
}

/** Infos of the models of this environment (the main thread or a worker) that were loaded and not disposed. */
const live = new Set<WeakRef<{ readonly info: ModelInfo }>>();

/** A model that nobody disposes of leaves the list when it is collected. Returns the end of its life. */
export function trackModel(model: { readonly info: ModelInfo }): () => void {
  const reference = new WeakRef(model);
  live.add(reference);
  return () => {
    live.delete(reference);
  };
}

/** In the order in which they were loaded. */
export function liveModels(): readonly LiveModel[] {
  const models: LiveModel[] = [];
  for (const reference of live) {
    const model = reference.deref();
    if (!model) {
      live.delete(reference);
      continue;
    }
    const { engine, device, precision, instances, sha256, parameterBytes, artifactBytes } = model.info;
    models.push({ engine, device: device.device, precision, instances, sha256, parameterBytes, artifactBytes });
  }
  return models;
}
