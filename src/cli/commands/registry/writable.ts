import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { torchError } from '../../../errors.js';
import { bundledModelsDir, bundledRegistryDir } from '../../../registry/folders.js';
import type { ModelRegistry } from '../../../registry/index.js';
import { UsageError } from '../../usage.js';
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
  // Before any is made, since nothing could be written there.
  if ((await realPlace(registryDir)) === (await realPlace(modelsDir))) {
    throw new UsageError(
      torchError(
        'ERR_CONFIG',
        `Expected two folders, one for --registry and one for --models, but both are ${modelsDir}`,
      ),
    );
  }
  const missing: string[] = [];
  for (const path of [registryDir, modelsDir]) if (!(await isThere(path))) missing.push(path);
  const registry = await openRegistry(flags, { create: true });
  for (const path of missing) note(`note: made the folder ${path}`);
  return registry;
}

/** Where a path leads, which need not be there: the real path of what is there, and the rest. */
async function realPlace(path: string): Promise<string> {
  return realpath(path).catch(async (error: unknown) => {
    const above = dirname(path);
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing && above !== path ? join(await realPlace(above), basename(path)) : path;
  });
}
