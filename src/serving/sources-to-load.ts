import { describe, TorchError, torchError } from '../errors.js';
import type { ModelRegistry } from '../registry/index.js';
import type { Catalogue } from './catalogue.js';
import { isFileModel, sourcesOf, type HostModel, type HostModelOptions, type Source } from './host-model.js';

/**
 * What `ModelHost.load` means by a model: a file; or, by its name, what the host knows already, from where it came and with
 * the options that it had; else a model of the registry.
 * @throws ERR_MODEL_NOT_FOUND for a name that nobody knows
 */
export async function sourcesToLoad(
  model: HostModel,
  catalogue: Catalogue,
  registry: () => Promise<ModelRegistry>,
): Promise<readonly Source[]> {
  const given = sourcesOf(model);
  if (isFileModel(model)) return given;
  const { name, versions } = model;
  const known = catalogue.slots(name).map(({ source }) => source);
  const [{ options }] = given as [Source];
  if (versions === undefined && known.length > 0) return known.map((source) => over(source, options));
  if (known.length === 0) await requireInRegistry(name, registry);
  // Further versions are loaded as those were that are there.
  const like = known.find(({ file }) => file === undefined)?.options ?? {};
  return given.map((source) => {
    const same = known.find(({ version }) => version === source.version);
    return same ? over(same, options) : { ...source, options: { ...like, ...options } };
  });
}

function over(source: Source, options: HostModelOptions): Source {
  return { ...source, options: { ...source.options, ...options } };
}

/** The registry's names are narrower than a host's: what cannot be there is not there. */
async function requireInRegistry(name: string, registry: () => Promise<ModelRegistry>): Promise<void> {
  try {
    await (await registry()).versions(name);
  } catch (cause) {
    const { code } = cause as Partial<TorchError>;
    if (code !== 'ERR_INVALID_ARGUMENT' && code !== 'ERR_MODEL_NOT_FOUND') throw cause;
    const message = `Expected a model that this host or its registry knows but received ${describe(name)}`;
    throw torchError('ERR_MODEL_NOT_FOUND', message, { cause });
  }
}
