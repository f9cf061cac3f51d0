import { extname } from 'node:path';
import type { Settings } from '../server/settings/table.js';
import { modelExtensions } from '../engines/index.js';
import type { ModelRecord } from '../registry/index.js';
import type { LoadOptions } from '../model/options.js';

/** What a person calls a model on the command line. */
export type Target = { readonly file: string } | { readonly name: string; readonly version?: string };

/** A path or a model file's extension means a file; anything else is `name` or `name@version` of the registry. */
export function parseTarget(text: string): Target {
  if (/[/\\]/.test(text) || modelExtensions.includes(extname(text).toLowerCase())) return { file: text };
  const [name = '', version] = text.split('@', 2);
  return version === undefined ? { name } : { name, version };
}

/** The folders of the registry, of all settings. */
export function foldersOf({ registryDir, modelsDir }: Settings): { registryDir: string; modelsDir: string } {
  return { registryDir, modelsDir };
}

export interface Located {
  readonly path: string;
  /** Undefined for a bare file. */
  readonly record: ModelRecord | undefined;
  readonly options: LoadOptions;
}

/** Where a target's artifact lies and how it is to be loaded. @throws as ModelRegistry.resolve and artifactPath */
export async function locate(target: Target, settings: Settings): Promise<Located> {
  const { device, precision, optimize, operatorLibraries } = settings;
  const options = { device, precision, optimize, operatorLibraries };
  if ('file' in target) return { path: target.file, record: undefined, options };
  const { ModelRegistry, signatureOf } = await import('../registry/index.js');
  const registry = await ModelRegistry.open(foldersOf(settings));
  const record = await registry.resolve(target.name, target.version);
  const { engine, artifact } = record;
  return {
    path: await registry.artifactPath(record),
    record,
    options: { ...options, engine, signature: signatureOf(record), sha256: artifact.sha256 },
  };
}
