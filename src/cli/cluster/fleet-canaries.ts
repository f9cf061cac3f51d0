/** The canaries of all workers as a fleet has them: told to every worker, in turn with its other changes. */
import type { Worker } from 'node:cluster';
import { torchError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import type { Tally } from '../../monitoring/canary/tally.js';
import { isAlias } from '../../registry/names.js';
import type { ManagedModel } from '../../server/management/management.js';
import type { SeenOfCanary } from '../../serving/canary/canaries.js';
import { noCanary, requireRunning, requireVersion } from '../../serving/canary/errors.js';
import type { Beside } from '../../serving/canary/state.js';
import type { CanaryReport, CanarySettings } from '../../serving/index.js';
import { ClusterCanaries } from './canaries.js';
import { send, type SetMember, type ToldCanary, type ToPrimary, type VersionsByAlias } from './messages.js';
import { lives, type Replies } from './replies.js';

/** A worker that does not say for so long that a canary is over is waited for no longer. */
const patienceMs = 1000;

/** What the canaries need of their fleet. */
interface FleetParts {
  readonly logger: Logger;
  readonly replies: Replies;
  /** What every worker has, by its place; the first of a name is its default. */
  readonly set: Map<string, SetMember>;
  /** Those that get connections. */
  readonly members: ReadonlySet<Worker>;
  /** All that listen for messages. */
  readonly listening: () => Iterable<Worker>;
  /** Members that live. @throws ERR_NOT_READY where there is none */
  readonly living: () => readonly Worker[];
  /** The number of a new change. */
  readonly nextChange: () => number;
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** What the workers said last. */
  readonly latest: () => readonly ManagedModel[];
  /** What aliases mean in the workers, by the names of models. */
  readonly aliases: () => Readonly<Record<string, VersionsByAlias>>;
  /** Takes a version out of service in every worker. */
  readonly takeOut: (name: string, version: string) => Promise<unknown>;
}

export class FleetCanaries {
  readonly #fleet: FleetParts;
  /** It decides. */
  readonly #canaries = new ClusterCanaries((name, verdict) => {
    const settings = this.#canaries.get(name)?.settings;
    this.#canaries.rollBack(name, verdict);
    this.#tell({ name, revision: this.#fleet.nextChange(), verdict });
    this.#unload(name, settings);
  });
  /** The last change of each name's canary: what is older comes too late. */
  readonly #changes = new Map<string, number>();
  /** What was loaded to be a canary, by its place: the change that has loaded it. */
  readonly #loaded = new Map<string, number>();

  constructor(fleet: FleetParts) {
    this.#fleet = fleet;
  }

  /** For metrics. */
  get rollbacks(): Tally {
    return this.#canaries.rollbacks;
  }

  /** What a worker has to be told to be like the others. */
  told(): readonly ToldCanary[] {
    return this.#canaries.told();
  }

  /** A worker says what it has seen. */
  seen(all: readonly SeenOfCanary[]): void {
    this.#canaries.seen(all);
  }

  /** A worker has found out that the canary of that change is over. Where no other can have found it out, all are told. */
  over({ name, revision, reason }: Extract<ToPrimary, { readonly kind: 'canaryOver' }>): void {
    const over = this.#canaries.over(name, revision);
    if (!over) return;
    if (reason !== undefined) {
      const { version } = over;
      this.#fleet.logger.warn(
        { model: name, version, reason },
        'a canary has ended: a new worker cannot take part in it',
      );
      this.#tell({ name, revision: this.#fleet.nextChange() });
    }
    this.#unload(name, over);
  }

  /** What was in that place is taken out of service. */
  left(place: string): void {
    this.#loaded.delete(place);
  }

  report(name: string): CanaryReport | undefined {
    return this.#canaries.report(name, (settings) => this.#beside(name, settings));
  }

  /** As `Fleet.setCanary`. */
  async set(name: string, settings: CanarySettings | undefined, isLoadedForIt: boolean): Promise<void> {
    const { replies, members, inTurn, nextChange } = this.#fleet;
    if (settings) return inTurn(() => this.#begin(name, settings, isLoadedForIt));
    // At once, whatever else is being changed.
    const before = this.#canaries.get(name);
    this.#canaries.end(name);
    const change = this.#tell({ name, revision: nextChange() });
    const patience = AbortSignal.timeout(patienceMs);
    // One that is slow hears it all the same.
    await replies.expect([...members], change, 'done', { signal: patience }).catch(() => undefined);
    this.#unload(name, before?.settings);
  }

  /** As `Fleet.holdCanary`. */
  hold(name: string, version: string): () => void {
    const state = this.#canaries.get(name);
    if (!state) throw noCanary(name);
    requireVersion(requireRunning(state.report({ stable: '' }, performance.now())), version);
    return this.#canaries.hold(name);
  }

  /** As `Fleet.promote`. */
  promote(name: string, version: string): Promise<void> {
    return this.#fleet.inTurn(async () => {
      const release = this.hold(name, version);
      try {
        await this.#prefer(name, version);
      } finally {
        release();
      }
    });
  }

  async #prefer(name: string, version: string): Promise<void> {
    const { set, replies, living, nextChange } = this.#fleet;
    const asked = living();
    const own = [...set].filter(([, member]) => member.name === name && member.version === version);
    const rest = [...set].filter(([place]) => !own.some(([each]) => each === place));
    const at = rest.findIndex(([, member]) => member.name === name);
    set.clear();
    for (const [place, member] of rest.toSpliced(at, 0, ...own)) set.set(place, member);
    await replies.ask(asked, { kind: 'prefer', change: nextChange(), name, version }, 'done');
  }

  /** What all can, each does; where one cannot, all are as they were. */
  async #begin(name: string, settings: CanarySettings, isLoadedForIt: boolean): Promise<void> {
    const { set, replies, living, nextChange } = this.#fleet;
    const change = nextChange();
    const asked = living();
    const told = { name, revision: change, settings };
    this.#changes.set(name, change);
    // A verdict on the one before would end this one in the workers that have it already.
    const release = this.#canaries.hold(name);
    const before = this.#canaries.get(name);
    try {
      await replies.ask(asked, { kind: 'canary', change, told, teller: asked[0]?.id }, 'done');
    } catch (error) {
      this.#tell(this.#canaries.toldOf(name, nextChange()), undefined);
      throw error;
    } finally {
      release();
    }
    if (this.#changes.get(name) !== change) {
      throw torchError(
        'ERR_CANARY',
        `Expected the canary of ${name} to be set but it was ended meanwhile: set it anew`,
      );
    }
    this.#canaries.set(name, settings, change);
    const own = [...set].filter(([, member]) => member.name === name && member.version === settings.version);
    if (isLoadedForIt) for (const [place, { revision }] of own) this.#loaded.set(place, revision);
    if (before && before !== this.#canaries.get(name)) this.#unload(name, before.settings);
  }

  /** Tells all that listen: one that starts hears it before it is made like the others, and then knows better. */
  #tell(told: ToldCanary, teller = [...this.#fleet.members].find(lives)?.id): number {
    const change = this.#fleet.nextChange();
    this.#changes.set(told.name, told.revision);
    for (const worker of this.#fleet.listening()) send(worker, { kind: 'canary', change, told, teller });
    return change;
  }

  /** Takes the version of a canary that is over out of service, in its turn, if nobody wants it then. */
  #unload(name: string, over: CanarySettings | undefined): void {
    if (!over || over.keepLoaded) return;
    const { version } = over;
    const { logger, inTurn, takeOut } = this.#fleet;
    const unload = async (): Promise<void> => {
      if (this.#isUnwanted(name, over)) await takeOut(name, version);
    };
    inTurn(unload).catch((err: unknown) => {
      logger.error({ model: name, version, err }, 'the version of a canary could not be unloaded');
    });
  }

  /** Whether a version was loaded for a canary that is over, and is not what others get by now. */
  #isUnwanted(name: string, { version, alias }: CanarySettings): boolean {
    const { set, aliases } = this.#fleet;
    const all = [...set].filter(([, member]) => member.name === name);
    const own = all.filter(([, member]) => member.version === version);
    const isOfCanary = own.every(
      ([place, member]) => member.reference === version && this.#loaded.get(place) === member.revision,
    );
    if (own.length === 0 || !isOfCanary || all[0]?.[1].version === version) return false;
    if (alias !== undefined && aliases()[name]?.[alias] === version) return false;
    const state = this.#canaries.get(name);
    return !(state?.isRunning && state.settings.version === version);
  }

  #beside(name: string, { alias }: CanarySettings): Beside {
    const { set, latest } = this.#fleet;
    const up = latest().filter((each) => each.name === name && each.state === 'READY');
    const stable = up.find(({ aliases, isDefault }) => (alias === undefined ? isDefault : aliases?.includes(alias)));
    const first = [...set.values()].find((member) => member.name === name);
    const followed = first && first.model.file === undefined && isAlias(first.reference) ? first.reference : undefined;
    return { stable: stable?.version ?? '', promotes: alias ?? followed };
  }
}
