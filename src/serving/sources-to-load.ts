import { describe, TorchError, torchError } from '../errors.js';
import type { ModelRegistry } from '../registry/index.js';
import { isAlias, isDigest } from '../registry/names.js';
import { followedBy, type Catalogue, type Slot } from './catalogue.js';
import { isFileModel, sourcesOf, type HostModel, type HostModelOptions, type Source } from './host-model.js';

/**
 * What `ModelHost.load` means by a model: a file; or, by its name, what the host knows already, from where it came and with
 * the options that it had; else a model of the registry. A name leads to no path.
 * @throws ERR_MODEL_NOT_FOUND or ERR_VERSION_NOT_FOUND for what nobody knows
 */
export async function sourcesToLoad(
  model: HostModel,
  catalogue: Catalogue,
  registry: () => Promise<ModelRegistry>,
): Promise<readonly Source[]> {
  const given = sourcesOf(model);
  if (isFileModel(model)) return given;
  const { name, versions } = model;
  const slots = catalogue.slots(name);
  const known = slots.map(({ source }) => source);
  const [{ options, aliases }] = given as [Source];
  const again = slots.flatMap(namedSources);
  if (versions === undefined && again.length > 0) return again.map((source) => over(source, options, aliases));
  const kept = await versionsOf(name, registry);
  if (known.length === 0 && kept?.length === 0) {
    const message = `Expected a model that this host or its registry knows but received ${describe(name)}`;
    throw torchError('ERR_MODEL_NOT_FOUND', message);
  }
  // Further versions are loaded as those were that are there.
  const like = known.find(({ file }) => file === undefined)?.options ?? {};
  return given.map((source) => {
    const { version } = source;
    const same =
      known.find((each) => each.version === version) ??
      slots.find((slot) => version !== undefined && followedBy(slot).includes(version))?.source;
    if (same) return { ...over(same, options, aliases), version };
    // What an alias or a digest means is asked later.
    const isName = version === undefined || isAlias(version) || isDigest(version);
    if (!isName && kept && !kept.includes(version)) {
      const all = [...new Set([...known.flatMap((each) => each.version ?? []), ...kept])].join(', ');
      throw torchError('ERR_VERSION_NOT_FOUND', `Expected one of ${all} of ${name} but received ${describe(version)}`);
    }
    return over({ ...source, options: like }, options, aliases);
  });
}

function over(source: Source, options: HostModelOptions, aliases: Source['aliases']): Source {
  const { alias: _alias, ...found } = source;
  return { ...found, options: { ...source.options, ...options }, ...(aliases && { aliases }) };
}

/** Everything by which a version is served, as it was named. */
function namedSources(slot: Slot): Source[] {
  const { source } = slot;
  const followed = followedBy(slot);
  const aliases = followed.map((version) => ({ ...source, version }));
  return slot.names.size > followed.length ? [source, ...aliases] : aliases;
}

/** Of the registry; none of a name that it cannot have, and undefined where it does not list any. */
async function versionsOf(
  name: string,
  registry: () => Promise<Partial<Pick<ModelRegistry, 'versions'>>>,
): Promise<readonly string[] | undefined> {
  try {
    return await (await registry()).versions?.(name);
  } catch (error) {
    const { code } = error as Partial<TorchError>;
    if (code === 'ERR_INVALID_ARGUMENT' || code === 'ERR_MODEL_NOT_FOUND') return [];
    throw error;
  }
}
