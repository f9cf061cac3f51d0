/** What a host knows of its models: each version, what serves it, and what became of its last load. */
import { errorTable, sentenceOf, TorchError, torchError, type ErrorCode } from '../errors.js';
import { isAlias, isDigest, isVersion } from '../registry/names.js';
import type { Source } from './host-model.js';
import type { ServedModel } from './served-model.js';
import { noSuchModel, noSuchVersion } from './names.js';
import { Statistics } from './statistics.js';

/** One line of `ModelHost.index()`, with the states of the Open Inference Protocol. */
export interface HostIndexEntry {
  readonly name: string;
  /** Empty where the registry could not say which. */
  readonly version: string;
  readonly state: 'READY' | 'LOADING' | 'UNLOADING' | 'UNAVAILABLE';
  /** Why it is in this state; empty for one that is ready and whose last load went well. It holds no path. */
  readonly reason: string;
}

/** A version that was to be served and is not, because its last load failed. */
export interface FailedModel {
  readonly model: string;
  readonly version: string;
  readonly code: ErrorCode;
  /** For anybody to read: it holds no path. */
  readonly message: string;
  /** As it was thrown, for the log. */
  readonly error: unknown;
}

/** One version that is served, or was to be. */
export interface Slot {
  /** With the version, once that is known. */
  source: Source;
  /** It was named when the host was opened: never forgotten. */
  isOriginal: boolean;
  /** By what it is served: its version, and each alias that is followed, after an `@`. */
  readonly names: Set<string>;
  served: ServedModel | undefined;
  /** What is being done to it. */
  work: 'LOADING' | 'UNLOADING' | undefined;
  /** Of the last load. */
  failure: Omit<FailedModel, 'model' | 'version'> | undefined;
  wasUnloaded: boolean;
  statistics: Statistics;
}

interface Group {
  /** In the order of what they are served by. */
  readonly slots: Slot[];
  /** Versions and aliases that were named, in the order of preference. */
  order: string[];
  /** What each alias means. */
  aliases: ReadonlyMap<string, string>;
  /** Those of the slots that are up, in their order. */
  served: readonly ServedModel[];
  /** The registry's, newest first. */
  others: readonly string[];
}

/** The reason of a version that nobody has tried to load. */
export const notLoaded = 'not loaded';
/** Versions that are not up and were loaded by the way; more are forgotten, the oldest first. */
const mostIdle = 256;
/** Versions of one name that are listed because the registry has them. */
const mostOthers = 256;
const noAliases: ReadonlyMap<string, string> = new Map();

export class Catalogue {
  readonly #groups = new Map<string, Group>();
  #served: readonly ServedModel[] | undefined;

  /** Every model that is up, in the order in which they were named. It is asked for with each request, and made with each change. */
  served(): readonly ServedModel[] {
    return (this.#served ??= Object.freeze([...this.#groups.values()].flatMap(({ served }) => served)));
  }

  /** Versions of a name that are up; the first is the default. */
  versions(name: string): readonly ServedModel[] {
    return this.#groups.get(name)?.served ?? [];
  }

  /** Which version each alias of a name means. */
  aliases(name: string): ReadonlyMap<string, string> {
    return this.#groups.get(name)?.aliases ?? noAliases;
  }

  /** Says what aliases mean from now on. */
  alias(name: string, aliases: ReadonlyMap<string, string>): void {
    const group = this.#groups.get(name);
    if (group) group.aliases = aliases;
  }

  /**
   * What serves a reference: a version that is served counts before an alias or a digest.
   * @param reference default: the first version that is up
   */
  find(name: string, reference: string | undefined): ServedModel | undefined {
    const group = this.#groups.get(name);
    if (!group) return undefined;
    const { served, aliases } = group;
    if (reference === undefined) return served[0];
    const version = aliases.get(reference) ?? reference;
    return (
      served.find((each) => each.version === reference) ??
      served.find((each) => each.version === version) ??
      (isDigest(reference) ? served.find(({ model }) => `sha256:${model.info.sha256}` === reference) : undefined)
    );
  }

  /** What a caller gets that names a reference: calls of an alias, and those that name none, follow what it means. */
  handle(name: string, reference: string | undefined): ServedModel | undefined {
    const served = this.find(name, reference);
    if (!served || served.version === reference || (reference !== undefined && isDigest(reference))) return served;
    if (reference === undefined && this.versions(name).length === 1 && !this.#isFollowed(served)) return served;
    return served.under(reference);
  }

  #isFollowed({ name, version }: ServedModel): boolean {
    const slot = this.slot(name, version);
    return slot !== undefined && followedBy(slot).length > 0;
  }

  slots(name: string): readonly Slot[] {
    return this.#groups.get(name)?.slots ?? [];
  }

  slot(name: string, version: string | undefined): Slot | undefined {
    return this.#groups.get(name)?.slots.find(({ source }) => source.version === version);
  }

  /** Names of which versions come from the registry. */
  registryNames(): readonly string[] {
    return [...this.#groups].flatMap(([name, { slots }]) =>
      slots.some(({ source }) => source.file === undefined) ? name : [],
    );
  }

  *all(): Iterable<Slot> {
    for (const { slots } of this.#groups.values()) yield* slots;
  }

  /** One whose version nobody could say: it was to be what an alias means, or the registry's default. */
  unresolved(name: string, alias: string | undefined): Slot | undefined {
    return this.slots(name).find(({ source: { file, version }, served }) => {
      if (served || file !== undefined) return false;
      return version === undefined || (version === alias && !isVersion(version));
    });
  }

  /** It is served by nothing until it is given a name. */
  add(source: Source, isOriginal: boolean): Slot {
    const slot: Slot = {
      ...{ source, isOriginal, served: undefined, work: undefined, failure: undefined, wasUnloaded: false },
      ...{ names: new Set<string>(), statistics: new Statistics() },
    };
    const { name } = source;
    let group = this.#groups.get(name);
    if (!group) this.#groups.set(name, (group = { slots: [], order: [], aliases: noAliases, served: [], others: [] }));
    group.slots.push(slot);
    return slot;
  }

  /**
   * A slot is served by a name, and no other is: an alias that has moved leaves another one.
   * @param instead a name that it was called by until it was known better
   * @returns the slot that it has left, where nothing else names that
   */
  name(slot: Slot, name: string, instead?: string): Slot | undefined {
    const group = this.#groups.get(slot.source.name) as Group;
    const { slots, order } = group;
    let left: Slot | undefined;
    for (const other of slots) {
      if (other !== slot && other.names.delete(name) && other.names.size === 0) left = other;
    }
    if (instead !== undefined && instead !== name && slot.names.delete(instead)) {
      const at = order.indexOf(instead);
      if (order.includes(name)) order.splice(at, 1);
      else order[at] = name;
    }
    slot.names.add(name);
    if (!order.includes(name)) order.push(name);
    this.#sort(group);
    return left;
  }

  /** A version that is up comes first from now on: it is the default. */
  prefer({ source: { name, version }, names }: Slot): void {
    const group = this.#groups.get(name) as Group;
    const label = [...names].find((each) => each === version) ?? [...names][0] ?? '';
    group.order = [label, ...group.order.filter((each) => each !== label)];
    this.#sort(group);
  }

  #sort(group: Group): void {
    const { slots, order } = group;
    const rank = ({ names }: Slot): number => Math.min(...[...names].map((each) => order.indexOf(each)), order.length);
    slots.sort((a, b) => rank(a) - rank(b));
    this.#list(group);
  }

  #list(group: Group): void {
    this.#served = undefined;
    group.served = group.slots.flatMap((each) => each.served ?? []);
  }

  /** Puts a model into its place, or takes it out. Returns what was there. */
  serve(slot: Slot, served: ServedModel | undefined): ServedModel | undefined {
    const before = slot.served;
    slot.served = served;
    this.#list(this.#groups.get(slot.source.name) as Group);
    return before;
  }

  /** @param versions all that the registry has of a name, ascending */
  knows(name: string, versions: readonly string[]): void {
    const group = this.#groups.get(name);
    if (group) group.others = versions.slice(-mostOthers).reverse();
  }

  forget(slot: Slot): void {
    const { name } = slot.source;
    const group = this.#groups.get(name);
    if (!group) return;
    const at = group.slots.indexOf(slot);
    if (at !== -1) group.slots.splice(at, 1);
    // Another may be served by its names meanwhile.
    const { order, slots } = group;
    group.order = order.filter((each) => !slot.names.has(each) || slots.some(({ names }) => names.has(each)));
    if (group.slots.length === 0) this.#groups.delete(name);
  }

  /** Forgets the oldest of what is not up and was not named at the start, beyond a limit. */
  prune(): void {
    const idle = [...this.all()].filter(({ isOriginal, served, work }) => !isOriginal && !served && !work);
    for (const slot of idle.slice(0, -mostIdle)) this.forget(slot);
  }

  /** @throws ERR_MODEL_NOT_FOUND or ERR_VERSION_NOT_FOUND for what is not known */
  slotsToUnload(name: string, version: string | undefined): readonly Slot[] {
    const slots = this.slots(name);
    if (slots.length === 0) throw noSuchModel(name);
    if (version === undefined) return slots;
    const slot = this.slot(name, version) ?? this.slot(name, this.aliases(name).get(version));
    if (slot) return [slot];
    throw noSuchVersion(
      name,
      slots.map(({ source }) => source.version ?? ''),
      version,
    );
  }

  /** @throws why a name or version is not served: ERR_NOT_READY, ERR_MODEL_NOT_FOUND or ERR_VERSION_NOT_FOUND */
  refuse(name: string, version: string | undefined): never {
    const slots = this.slots(name);
    const meant = version === undefined || this.slot(name, version) ? undefined : this.aliases(name).get(version);
    const slot = version === undefined ? slots[0] : this.slot(name, meant ?? version);
    const isComing = version === undefined ? slots.some(({ work }) => work === 'LOADING') : slot?.work === 'LOADING';
    if (isComing) throw torchError('ERR_NOT_READY', `${name} is still being loaded`);
    const of = version === undefined ? '' : ` ${version}`;
    const but = slot ? inWords(slot) : 'is not loaded';
    const got = meant !== undefined ? `${version} is ${meant}, which ${but}` : slot && `${name}${of} ${but}`;
    const served = this.versions(name);
    if (served.length === 0) throw noSuchModel(name, undefined, got);
    throw noSuchVersion(
      name,
      served.map((each) => each.version),
      version,
      got,
    );
  }

  index(): readonly HostIndexEntry[] {
    return [...this.#groups].flatMap(([name, { slots, others }]) => {
      const known = new Set(slots.map(({ source }) => source.version));
      return [
        ...slots.map((slot) => ({ name, version: slot.source.version ?? '', ...stateOf(slot) })),
        ...others.flatMap((version) =>
          known.has(version) ? [] : { name, version, state: 'UNAVAILABLE' as const, reason: notLoaded },
        ),
      ];
    });
  }

  failed(): readonly FailedModel[] {
    return [...this.all()].flatMap(({ source, served, failure }) =>
      failure && !served ? { model: source.name, version: source.version ?? '', ...failure } : [],
    );
  }
}

/** The aliases that a slot is served by. */
export function followedBy({ names }: Slot): string[] {
  return [...names].flatMap((each) => (each.startsWith('@') ? each.slice(1) : []));
}

/** By what a version is to be served: an alias is followed. A file's version may be called as an alias is. */
export function labelOf({ alias, version, file }: Source): string {
  const followed = alias ?? (file === undefined && isAlias(version) ? version : undefined);
  return followed === undefined ? (version ?? '') : `@${followed}`;
}

function stateOf({ served, work, failure, wasUnloaded }: Slot): Pick<HostIndexEntry, 'state' | 'reason'> {
  if (served) return { state: 'READY', reason: failure ? `the last load failed: ${failure.message}` : '' };
  if (work === 'LOADING') return { state: 'LOADING', reason: 'being loaded' };
  if (work === 'UNLOADING') return { state: 'UNLOADING', reason: 'unloaded once the calls in flight have ended' };
  if (failure) return { state: 'UNAVAILABLE', reason: failure.message };
  return { state: 'UNAVAILABLE', reason: wasUnloaded ? 'unloaded' : notLoaded };
}

function inWords({ work, failure }: Slot): string {
  if (work === 'UNLOADING') return 'is being unloaded';
  return failure ? `could not be loaded: ${failure.message}` : 'was unloaded';
}

/** The registry has no such model or version. */
export function isUnknown({ code }: Pick<FailedModel, 'code'>): boolean {
  return code === 'ERR_MODEL_NOT_FOUND' || code === 'ERR_VERSION_NOT_FOUND';
}

/** Where a file is not there: its name, without the way to it. */
function missing(error: unknown): string | undefined {
  const [, path] = (error instanceof TorchError && /\bNo such file: (.+)$/m.exec(error.message)) || [];
  return path === undefined ? undefined : `No such file: ${path.split(/[\\/]/).at(-1)}`;
}

/** What follows in the message of ERR_QUARANTINED is of the load that failed: whoever may change models reads it, and nobody else. */
export const lastSaid = ' The last of them said: ';

/** What became of a load, in words that anybody may read: messages of a load hold paths, and texts of a model's author. */
export function failureOf(error: unknown): NonNullable<Slot['failure']> {
  const code = error instanceof TorchError ? error.code : 'ERR_INTERNAL';
  // Those have names alone in them.
  const isReadable = error instanceof TorchError && (isUnknown({ code }) || code === 'ERR_QUARANTINED');
  const [readable = ''] = isReadable ? sentenceOf(error).split(lastSaid, 1) : [];
  return { code, message: isReadable ? readable : `${missing(error) ?? errorTable[code].title} (${code})`, error };
}
