/** The canaries of one host: at most one for each name. */
import { torchError } from '../../errors.js';
import type { SaidCounts } from '../../monitoring/canary/counts.js';
import { Tally } from '../../monitoring/canary/tally.js';
import type { CanaryVerdict } from '../../monitoring/canary/verdict.js';
import { followedBy, type Catalogue } from '../catalogue.js';
import type { ServedModel } from '../served-model.js';
import type { ServedBatchEvent } from '../served-queue.js';
import { Canary, type Pair } from './canary.js';
import { differences, requireComparable } from './compatible.js';
import { drawOf } from './draw.js';
import { noCanary, requireRunning, requireVersion } from './errors.js';
import type { CanaryReport, CanarySettings, HostCanaryChange, SplitOptions } from './options.js';
import { Shadows } from './shadows.js';
import type { Split } from './split.js';

const tickMs = 1000;

interface Parts {
  readonly catalogue: Catalogue;
  readonly told: (event: HostCanaryChange) => void;
  /** Takes the version of a canary that is over out of service, in its turn, if nobody wants it then. */
  readonly unload: (over: OverCanary) => void;
}

/** A canary that has ended, and whose version is not to stay. */
export interface OverCanary {
  readonly name: string;
  readonly version: string;
  /** Whose requests were split. */
  readonly alias: string | undefined;
}

export class Canaries {
  readonly #parts: Parts;
  /** What was loaded to be a canary, and by nobody since. */
  readonly #loaded = new WeakSet<ServedModel>();
  /** What metrics are read from. */
  readonly tallies = { requests: new Tally(), rollbacks: new Tally() };
  readonly #all = new Map<string, Canary>();
  #timer: NodeJS.Timeout | undefined;
  /** Called once a second with what was seen, in a process that another one decides for. */
  #report: ((counts: readonly SeenOfCanary[]) => void) | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** From now on another process decides: it is told once a second what was seen. */
  reportTo(report: (counts: readonly SeenOfCanary[]) => void): void {
    this.#report = report;
  }

  /** How the calls of a name and reference are split; undefined where they are not. It is asked for each call. */
  split(name: string, reference: string | undefined): Split<ServedModel> | undefined {
    if (this.#all.size === 0) return undefined;
    const canary = this.#all.get(name);
    if (!canary?.state.isRunning) return undefined;
    const { alias, version, share } = canary.state.settings;
    if (alias !== reference) return undefined;
    const pair = this.#pairOf(canary);
    if (!pair) return undefined;
    const takes = (key: string | undefined): boolean =>
      (key === undefined ? Math.random() : drawOf(name, version, key)) < share;
    return { canary: pair.canary, sides: canary.sides, takes };
  }

  /**
   * What a caller of a reference gets: a handle whose calls go where its request falls, or each where it falls. Undefined where the
   * requests of the reference are not split.
   */
  handle(name: string, reference: string | undefined, given: SplitOptions | undefined): ServedModel | undefined {
    const split = this.split(name, reference);
    if (!split) return undefined;
    const stable = this.#parts.catalogue.find(name, reference) as ServedModel;
    if (!given?.draw) return stable.under(reference);
    const { sticky, version, share } = (this.#all.get(name) as Canary).state.settings;
    const drawn = given.draw(sticky);
    const isCanary = (typeof drawn === 'number' ? drawn : drawOf(name, version, drawn)) < share;
    return isCanary ? split.canary.under(reference, 'canary') : stable.under(reference, 'stable');
  }

  /** A batch has run, of any model. */
  batch({ model, version, rows, runMs }: Pick<ServedBatchEvent, 'model' | 'version' | 'rows' | 'runMs'>): void {
    const canary = this.#all.get(model);
    if (!canary?.state.isRunning || !canary.pair) return;
    if (canary.pair.canary.version === version) canary.sides.canary.ran(rows, runMs);
    else if (canary.pair.stable.version === version) canary.sides.stable.ran(rows, runMs);
  }

  /** @throws ERR_NO_CANARY */
  required(name: string): CanaryReport {
    const report = this.report(name);
    if (report) return report;
    throw noCanary(name);
  }

  report(name: string): CanaryReport | undefined {
    const canary = this.#all.get(name);
    return canary && this.#reportOf(canary);
  }

  reports(): readonly CanaryReport[] {
    return [...this.#all.values()].map((canary) => this.#reportOf(canary));
  }

  /**
   * Splits the requests of a name from now on.
   * @param settings of a version that is up
   * @throws ERR_CANARY for a version that is stable already, or cannot stand in for what is
   */
  set(name: string, settings: CanarySettings, isSilent = false): CanaryReport {
    const pair = this.#requirePair(name, settings);
    const before = this.#all.get(name);
    const goesOn = before?.state.goesOnWith(settings) === true;
    const canary = goesOn ? before : this.#make(name, settings);
    canary.state.change(settings);
    canary.pair = pair;
    this.#all.set(name, canary);
    if (before && !goesOn) this.#unload(before);
    this.#watch();
    if (!isSilent) this.#tell(canary, { change: goesOn ? 'changed' : 'started' });
    return this.#reportOf(canary);
  }

  /** What serves that version was loaded to be a canary. */
  loadedFor(name: string, version: string): void {
    const served = this.#parts.catalogue.find(name, version);
    if (served) this.#loaded.add(served);
  }

  /** Whether a version serves nobody: it was loaded for a canary that is over, and is not what others get by now. */
  isUnwanted({ name, version, alias }: OverCanary): boolean {
    const { catalogue } = this.#parts;
    const slot = catalogue.slot(name, version);
    const served = slot?.served;
    if (!served || !this.#loaded.has(served) || followedBy(slot).length > 0) return false;
    if (catalogue.find(name, undefined) === served || catalogue.find(name, alias) === served) return false;
    const state = this.#all.get(name)?.state;
    return !(state?.isRunning && state.settings.version === version);
  }

  /**
   * From now on no verdict ends it: it is being promoted.
   * @returns what lets verdicts come again
   * @throws ERR_NO_CANARY, ERR_CANARY where that version is none any more
   */
  hold(name: string, version: string): () => void {
    requireVersion(requireRunning(this.required(name)), version);
    const { state } = this.#all.get(name) as Canary;
    state.isHeld = true;
    return () => {
      state.isHeld = false;
    };
  }

  /** Ends a canary: what is stable gets all requests. */
  end(name: string, reason: string, isSilent = false): void {
    const canary = this.#all.get(name);
    if (!canary) return;
    this.#forget(canary, isSilent ? undefined : { change: 'ended', reason });
  }

  /** A canary has broken a limit: it gets no requests any more. */
  rollBack(name: string, verdict: CanaryVerdict, isSilent = false): void {
    const canary = this.#all.get(name);
    if (!canary?.state.isRunning) return;
    canary.state.rollBack(verdict);
    canary.pair = undefined;
    if (!this.#report) this.tallies.rollbacks.add({ model: name, reason: verdict.limit });
    if (!isSilent) this.#tell(canary, { change: 'rolled back', ...verdict });
    this.#unload(canary);
  }

  /** What serves a name has changed. */
  changed(name: string): void {
    const canary = this.#all.get(name);
    if (!canary) return;
    const { catalogue } = this.#parts;
    const { version, alias } = canary.state.settings;
    if (!canary.state.isRunning) {
      if (catalogue.slots(name).length === 0) this.#all.delete(name);
      return;
    }
    const [own, stable] = [catalogue.find(name, version), catalogue.find(name, alias)];
    if (own && own === stable) return this.#forget(canary, { change: 'promoted' });
    if (!own || !stable) {
      const gone = own ? 'what was beside it' : 'its version';
      return this.#forget(canary, { change: 'ended', reason: `${gone} is not served any more` });
    }
    const { pair } = canary;
    if (pair?.canary === own && pair.stable === stable) return;
    const [different] = differences(stable, own);
    if (different !== undefined) {
      const reason = `it cannot stand in for ${stable.version}: ${different}`;
      return this.#forget(canary, { change: 'ended', reason });
    }
    canary.begin({ canary: own, stable });
  }

  /** Looks at what was seen, and rolls back what has broken a limit. */
  tick(now = performance.now()): void {
    if (this.#report) {
      const seen = [...this.#all.values()].flatMap((canary) => {
        const counts = canary.take();
        const { model: name, settings } = canary.state;
        const { isAnew } = canary;
        canary.isAnew = false;
        return counts.isEmpty && !isAnew ? [] : { name, version: settings.version, isAnew, counts: counts.toJSON() };
      });
      if (seen.length > 0) this.#report(seen);
      return;
    }
    for (const [name, canary] of this.#all) {
      const verdict = canary.check(now);
      if (verdict) this.rollBack(name, verdict);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #make(name: string, settings: CanarySettings): Canary {
    const { catalogue } = this.#parts;
    const shadows = new Shadows({
      stable: () => catalogue.find(name, settings.alias),
      compared: (isSame) => canary.compared(isSame),
    });
    const canary = new Canary({
      ...{ name, settings },
      counted: (outcome) => this.tallies.requests.add({ model: name, version: settings.version, outcome }),
      answered: (args, value) => shadows.offer(args, value),
    });
    return canary;
  }

  #pairOf({ state: { model, settings } }: Canary): Pair | undefined {
    const { catalogue } = this.#parts;
    const [canary, stable] = [catalogue.find(model, settings.version), catalogue.find(model, settings.alias)];
    return canary && stable && canary !== stable ? { canary, stable } : undefined;
  }

  #requirePair(name: string, { version, alias, maxDisagreement }: CanarySettings): Pair {
    const { catalogue } = this.#parts;
    const stable = catalogue.find(name, alias) ?? catalogue.refuse(name, alias);
    const canary = catalogue.find(name, version) ?? catalogue.refuse(name, version);
    const by = alias === undefined ? name : `${name}@${alias}`;
    if (canary === stable) {
      throw torchError(
        'ERR_CANARY',
        `Expected a version beside what serves ${by} but ${canary.version} is what serves it`,
      );
    }
    if (maxDisagreement !== undefined) requireComparable(stable, canary);
    const different = differences(stable, canary);
    if (different.length === 0) return { canary, stable };
    throw torchError(
      'ERR_CANARY',
      `Expected a version that takes and gives what ${name} ${stable.version} does but ${canary.version} does not: ` +
        different.join('; '),
    );
  }

  #reportOf(canary: Canary): CanaryReport {
    const { model, settings } = canary.state;
    const { catalogue } = this.#parts;
    const stable = catalogue.find(model, settings.alias);
    const slot = stable && catalogue.slot(model, stable.version);
    const [followed] = slot && settings.alias === undefined ? followedBy(slot) : [settings.alias];
    return canary.state.report({ stable: stable?.version ?? '', promotes: followed }, performance.now());
  }

  #forget(canary: Canary, told: Pick<HostCanaryChange, 'change' | 'reason'> | undefined): void {
    this.#all.delete(canary.state.model);
    if (this.#all.size === 0) this.close();
    if (told) this.#tell(canary, told);
    this.#unload(canary);
  }

  #unload({ state: { model: name, settings } }: Canary): void {
    const { version, alias, keepLoaded } = settings;
    if (!keepLoaded) this.#parts.unload({ name, version, alias });
  }

  #tell(canary: Canary, told: Omit<HostCanaryChange, 'model' | 'version' | 'stable' | 'share'>): void {
    const { model, version, stable, share } = this.#reportOf(canary);
    const isOver = told.change === 'ended' || told.change === 'promoted';
    // Of one that was promoted: what was beside it.
    const beside = told.change === 'promoted' ? canary.pair?.stable.version : undefined;
    this.#parts.told({ model, version, stable: beside ?? stable, share: isOver ? 0 : share, ...told });
  }

  #watch(): void {
    this.#timer ??= setInterval(() => this.tick(), tickMs).unref();
  }
}

/** What one process has seen of a canary in about a second. */
export interface SeenOfCanary {
  readonly name: string;
  readonly version: string;
  /** What was seen before is of another pair, and counts no more. */
  readonly isAnew: boolean;
  readonly counts: SaidCounts;
}
