import { bundledModelsDir, bundledRegistryDir } from '../../../registry/folders.js';
import type { ModelRegistry } from '../../../registry/index.js';
import { foldersIn, openRegistry, usage, type Flags } from './shared.js';
import { isThere } from './versions.js';

/**
 * The registry to add to. Folders that are not there yet are made: a registry begins with its first model.
 * @param note tells of what was made
 * @throws UsageError; as ModelRegistry.open
 */
export async function openForAdding(flags: Flags, note: (text: string) => void): Promise<ModelRegistry> {
  const { registryDir, modelsDir } = await foldersIn(flags);
  const isBundled = { registry: registryDir === bundledRegistryDir(), models: modelsDir === bundledModelsDir() };
  if (isBundled.registry !== isBundled.models) {
    const [given, missing] = isBundled.registry ? ['--models', '--registry'] : ['--registry', '--models'];
    throw usage(
      `Expected ${missing} beside ${given}: one of records and artifacts would lie in the folders of this package`,
    );
  }
  const missing: string[] = [];
  for (const path of [registryDir, modelsDir]) if (!(await isThere(path))) missing.push(path);
  const registry = await openRegistry(flags, { create: true });
  for (const path of missing) note(`note: made the folder ${path}`);
  return registry;
}
