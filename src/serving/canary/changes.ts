/** Changes of the canary of a name, made when their turn among the changes of that name has come. */
import { isAlias, isDigest } from '../../registry/names.js';
import type { Change } from '../changes.js';
import type { Lineup } from '../lineup.js';
import type { Canaries, OverCanary } from './canaries.js';
import { requireRunning } from './errors.js';
import type { CanaryReport, CanarySettings } from './options.js';

export { checkCanary as settingsOf } from './options.js';

interface Begin {
  readonly name: string;
  readonly settings: CanarySettings;
  readonly signal: AbortSignal;
}

const noEnd = Promise.resolve();

/**
 * Loads what is not up, and splits the requests.
 * @throws ERR_CANARY, as `Lineup.load`: what serves goes on as it was
 */
export async function beginCanary(
  lineup: Lineup,
  canaries: Canaries,
  { name, settings, signal }: Begin,
): Promise<Change<CanaryReport>> {
  const { catalogue } = lineup;
  const { alias, version } = settings;
  if (!catalogue.find(name, alias)) catalogue.refuse(name, alias);
  const up = catalogue.find(name, version);
  let end = noEnd;
  let own = up?.version;
  if (own === undefined) {
    // Served by its own name: an alias that moves would take it along.
    own = isAlias(version) || isDigest(version) ? await versionOf(lineup, name, version) : version;
    ({ end } = await lineup.load({ name, versions: [own] }, signal));
    canaries.loadedFor(name, own);
  }
  try {
    return { result: canaries.set(name, { ...settings, version: own }), end };
  } catch (error) {
    // What was loaded for it is of no use.
    if (!up) await lineup.unload(catalogue.slotsToUnload(name, own));
    throw error;
  }
}

async function versionOf(lineup: Lineup, name: string, reference: string): Promise<string> {
  const registry = await lineup.loader.registry();
  return (await registry.resolve(name, reference)).version;
}

/** @throws ERR_NO_CANARY, ERR_CANARY */
export async function promoteCanary(
  lineup: Lineup,
  canaries: Canaries,
  { name, signal }: Pick<Begin, 'name' | 'signal'>,
): Promise<Change<undefined>> {
  const { version, promotes } = requireRunning(canaries.required(name));
  const { catalogue } = lineup;
  if (promotes === undefined) {
    makeDefault(lineup, name, version);
    canaries.changed(name);
    return { result: undefined, end: noEnd };
  }
  const aliases = new Map(catalogue.aliases(name)).set(promotes, version);
  // It may have been rolled back, or taken off, while its alias was looked up.
  let release: (() => void) | undefined;
  const beforeSwap = (): Promise<void> => {
    release = canaries.hold(name, version);
    return noEnd;
  };
  try {
    const { end } = await lineup.setAliases(name, aliases, signal, { beforeSwap });
    return { result: undefined, end };
  } finally {
    release?.();
  }
}

/** Takes the version of a canary that is over out of service, unless somebody wants it by now. */
export function unloadCanary(lineup: Lineup, canaries: Canaries, over: OverCanary): Change<undefined> {
  if (!canaries.isUnwanted(over)) return { result: undefined, end: noEnd };
  return { result: undefined, end: lineup.unload(lineup.catalogue.slotsToUnload(over.name, over.version)) };
}

function makeDefault({ catalogue }: Lineup, name: string, version: string): void {
  const slot = catalogue.slot(name, version);
  if (slot) catalogue.prefer(slot);
}
