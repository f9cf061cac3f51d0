/** What a server does for its engines before it is imported itself: LibTorch is opened on another thread meanwhile. */
import { engineTable, findEngine, type EngineName } from '../engines/index.js';
import { runtime } from '../engines/runtime.js';
import { availableCores, computeThreadsOf, defaultIntraOpThreads } from '../model/threads.js';
import type { ModelEntry } from '../server/settings/model-entries.js';
import type { Settings } from '../server/settings/table.js';
import type { ServeSelection } from './serve-catalog.js';
import { foldersOf } from './target.js';

/** Fixes the threads of this process. They are shared out for the model with most instances: the first load fixes them for all. */
export function configureCompute({ models, settings }: ServeSelection): void {
  const { workers, interOpThreads } = settings;
  const instances = Math.max(...models.map((entry) => (entry.instances as number | undefined) ?? settings.instances));
  const intraOpThreads =
    settings.intraOpThreads ??
    (workers === 1 ? defaultIntraOpThreads(instances) : threadsPerWorker({ workers, instances }));
  runtime.configure({ interOpThreads, intraOpThreads });
  runtime.configure({ computeThreads: computeThreadsOf({ ...settings, intraOpThreads }, workers) });
}

/** Intra-op threads of each of several processes: a core for each event loop, the rest shared by all instances. */
export function threadsPerWorker({ workers, instances }: { workers: number; instances: number }): number {
  return Math.max(1, Math.floor((Math.floor(availableCores()) - workers) / (workers * instances)));
}

/**
 * Begins to open what the models will need, and waits until it has begun: from then on the imports of the server keep the
 * thread busy. What fails here fails again in the load of the model, which tells of it.
 */
export async function openEngines({ models, settings }: ServeSelection): Promise<void> {
  for (const entry of models) {
    try {
      await engineTable[await engineOf(entry, settings)].openAhead?.();
    } catch {
      // The load of this model will say it.
    }
  }
}

async function engineOf({ file, engine, name, versions }: ModelEntry, settings: Settings): Promise<EngineName> {
  const given = (engine ?? settings.engine) as Settings['engine'];
  if (file !== undefined) return findEngine(file, given === 'auto' ? undefined : given);
  const { ModelRegistry } = await import('../registry/index.js');
  const registry = await ModelRegistry.open(foldersOf(settings));
  return (await registry.resolve(name as string, versions?.[0])).engine;
}
