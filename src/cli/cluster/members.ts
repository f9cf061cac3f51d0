/** What the models of a server's settings and of its requests are in the set that all workers have. */
import { isVersion } from '../../registry/names.js';
import type { ManagedModel } from '../../server/management/management.js';
import type { ModelEntry } from '../../server/settings/model-entries.js';
import { fileVersion, keyOf } from '../../serving/names.js';
import { nameOf } from '../serve-targets.js';
import type { SetMember } from './messages.js';

/** What an entry names, each by itself; one without a version where it is not known which are meant. */
export function membersOf(model: ModelEntry, revision: number): SetMember[] {
  const name = nameOf(model);
  const references = model.file === undefined ? (model.versions ?? ['']) : [model.version ?? fileVersion];
  return references.map((reference) => {
    const version = model.file === undefined ? versionOf(reference, model.aliases) : reference;
    return { name, reference, version, model: pin(model, reference), revision };
  });
}

/** Empty where a registry that could not be read would have to say what is meant. */
function versionOf(reference: string, aliases: ModelEntry['aliases']): string {
  return aliases?.[reference] ?? (isVersion(reference) ? reference : '');
}

/** An entry of one reference alone. */
export function pin(model: ModelEntry, reference: string): ModelEntry {
  return model.file !== undefined || reference === '' ? model : { ...model, versions: [reference] };
}

/** Where a member is in the set. */
export const placeOf = ({ name, reference }: Pick<SetMember, 'name' | 'reference'>): string =>
  keyOf({ name, version: reference });

/** A member of which nobody could say which version is meant, by what the workers have loaded for it. */
export function identified(member: SetMember, models: readonly ManagedModel[]): SetMember {
  if (member.version !== '') return member;
  const { name, reference, model } = member;
  const up = models.filter((each) => each.name === name && each.state === 'READY');
  const found =
    reference === ''
      ? up.find(({ isDefault }) => isDefault)
      : up.find(({ aliases, digest }) => aliases?.includes(reference) || reference === `sha256:${digest}`);
  if (!found) return member;
  const named = reference || found.version;
  return { ...member, reference: named, version: found.version, model: pin(model, named) };
}
