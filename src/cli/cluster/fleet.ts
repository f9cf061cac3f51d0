import type { Worker } from 'node:cluster';
import { hasCode, torchError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import { isAlias } from '../../registry/names.js';
import type { Aliases } from '../../server/management/catalog.js';
import type { Departure, Fleet } from '../../server/management/fleet.js';
import type { ManagedModel } from '../../server/management/management.js';
import type { ModelEntry } from '../../server/settings/model-entries.js';
import { keyOf } from '../../serving/names.js';
import type { CanaryReport, CanarySettings, FailedModel } from '../../serving/index.js';
import { Described } from './described.js';
import { FleetCanaries } from './fleet-canaries.js';
import {
  send,
  type FailedVersion,
  type SetMember,
  type ToPrimary,
  type ToWorker,
  type VersionsByAlias,
} from './messages.js';
import { identified, membersOf, pin, placeOf } from './members.js';
import { lives, Replies } from './replies.js';

/**
 * The models of all workers. A load has two phases: every worker brings the model up beside what serves, and only when all
 * have it do all swap. A worker that comes up later is made like the others before it gets its first connection.
 */
export class ClusterFleet implements Fleet<ModelEntry> {
  readonly #logger: Logger;
  readonly #check: (model: ModelEntry) => Promise<void>;
  readonly #replies = new Replies();
  /** Those that get connections, and have what is in the set. */
  readonly #members = new Set<Worker>();
  readonly #leaving = new WeakSet<Worker>();
  /** All that listen for messages. */
  readonly #described = new Described();
  /** What every member has, by `name reference`. */
  readonly #set = new Map<string, SetMember>();
  #failed: readonly FailedModel[] = [];
  #changes = 0;
  /** The first worker has said which versions are meant. */
  #isPinned = false;
  /** Changes and newcomers take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly canaries: FleetCanaries;

  /** @param check throws for a model that no worker could load, before any of them is told */
  constructor(
    models: readonly SetMember[],
    logger: Logger,
    check: (model: ModelEntry) => Promise<void> = () => Promise.resolve(),
  ) {
    this.#logger = logger;
    this.#check = check;
    for (const member of models) this.#set.set(placeOf(member), member);
    this.canaries = new FleetCanaries({
      ...{ logger, replies: this.#replies, set: this.#set, members: this.#members },
      listening: () => this.#described.workers(),
      living: () => this.#living(),
      nextChange: () => ++this.#changes,
      inTurn: (work) => this.#inTurn(work),
      latest: () => this.latest(),
      aliases: () => this.#aliases(),
      takeOut: (name, version) => this.#takeOut(name, version),
    });
  }

  /** What every worker has, or is to start with. What aliases mean is said with each: the disk may say something else by now. */
  get models(): readonly SetMember[] {
    const aliases = this.#aliases();
    return [...this.#set.values()].map((member) => {
      const { name, reference, version, model } = member;
      if (model.file !== undefined) return member;
      const now = aliases[name] ?? model.aliases;
      // An alias that is no more meant this to the others.
      const own = isAlias(reference) && version !== '' ? { [reference]: version } : undefined;
      return now || own ? { ...member, model: { ...model, aliases: { ...now, ...own } } } : member;
    });
  }

  /** What was to be served from the start, and could not be loaded. */
  get failed(): readonly FailedModel[] {
    const set = new Set([...this.#set.values()].map(keyOf));
    return this.#failed.filter((each) => !set.has(keyOf({ name: each.model, version: each.version })));
  }

  /** Whether any worker serves. */
  get isUp(): boolean {
    return this.#members.size > 0;
  }

  onMessage(worker: Worker, message: ToPrimary): void {
    // What was on its way when it ended is of nobody.
    if (worker.isDead()) return;
    switch (message.kind) {
      case 'askSet':
        send(worker, { kind: 'set', models: this.models });
        break;
      case 'started':
        this.#described.said(worker, { models: [], failed: [] });
        break;
      case 'ready':
        this.#described.said(worker, message);
        break;
      case 'description':
        this.#described.said(worker, message, message.round);
        break;
      case 'leaving':
        // It ends by itself: no change waits for it, or fails by it.
        this.#leaving.add(worker);
        this.#members.delete(worker);
        this.#replies.ended(worker);
        break;
      case 'canarySeen':
        this.canaries.seen(message.seen);
        break;
      case 'canaryOver':
        this.canaries.over(message);
        break;
      case 'prepared':
      case 'done':
      case 'failed':
        this.#replies.heard(worker, message);
    }
  }

  onExit(worker: Worker): void {
    this.#members.delete(worker);
    this.#described.ended(worker);
    this.#replies.ended(worker);
  }

  /**
   * Makes a worker that has come up like the others. Resolves once it is; then it may get connections.
   * @throws why it cannot be
   */
  admit(worker: Worker): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isPinned) this.#pin(worker);
      const said = { models: this.models, aliases: this.#aliases(), canaries: this.canaries.told() };
      await this.#replies.ask([worker], { kind: 'sync', change: ++this.#changes, ...said }, 'done');
      if (!lives(worker) || this.#leaving.has(worker)) {
        throw torchError('ERR_NOT_READY', 'Expected a worker that is up but it has ended');
      }
      this.#members.add(worker);
      await this.#warnOfOthers(worker);
    });
  }

  async list(): Promise<readonly ManagedModel[]> {
    await this.#described.ask(this.#seen());
    return this.latest();
  }

  /** What the workers said last. */
  latest(): readonly ManagedModel[] {
    return this.#described.merged(this.#seen());
  }

  /** Those that still load count once they get connections; while nobody does, they say how far they are. */
  #seen(): Worker[] {
    return [...(this.isUp ? this.#members : this.#described.workers())].filter(lives);
  }

  load(model: ModelEntry, signal: AbortSignal, beforeSwap?: () => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#check(model);
      const change = ++this.#changes;
      await this.#swap({ kind: 'prepare', change, model }, signal, beforeSwap, () => this.#take(model, change));
    });
  }

  async aliases(name: string): Promise<Aliases> {
    await this.list();
    return new Map(Object.entries(this.#aliases()[name] ?? {}));
  }

  setAliases(name: string, aliases: Aliases, signal: AbortSignal, beforeSwap?: () => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      const change = ++this.#changes;
      const said = { name, aliases: Object.fromEntries(aliases) };
      await this.#swap({ kind: 'prepareAliases', change, ...said }, signal, beforeSwap, () => {
        for (const [place, member] of this.#set) {
          if (member.name !== name) continue;
          // Where no worker is left to say what aliases mean, this does.
          const told = { ...member, model: { ...member.model, aliases: said.aliases } };
          const version = aliases.get(member.reference) ?? member.version;
          this.#set.set(place, version === member.version ? told : { ...told, version, revision: change });
        }
      });
    });
  }

  canary(name: string): Promise<CanaryReport | undefined> {
    return Promise.resolve(this.canaries.report(name));
  }

  setCanary(name: string, settings: CanarySettings | undefined, isLoadedForIt = false): Promise<void> {
    return this.canaries.set(name, settings, isLoadedForIt);
  }

  holdCanary(name: string, version: string): () => void {
    return this.canaries.hold(name, version);
  }

  promote(name: string, version: string): Promise<void> {
    return this.canaries.promote(name, version);
  }

  clear(name: string, version: string | undefined): Promise<void> {
    return this.#inTurn(async () => {
      const change = ++this.#changes;
      const asked = this.#living();
      const message = { kind: 'clear', change, name, ...(version !== undefined && { version }) } as const;
      await this.#replies.ask(asked, message, 'done');
    });
  }

  /**
   * A change in two phases: all prepare it, and when all have, all swap.
   * @param decided what is then so, whichever worker ends
   */
  async #swap(
    prepare: ToWorker & { readonly change: number },
    signal: AbortSignal,
    beforeSwap: (() => Promise<void>) | undefined,
    decided: () => void,
  ): Promise<void> {
    const { change } = prepare;
    const asked = this.#living();
    let blamed: FailedVersion | undefined;
    try {
      await this.#replies.ask(asked, prepare, 'prepared', {
        signal,
        onBlamed: ({ error, version }) => (blamed = { error, version }),
      });
      requireSome(this.#still(asked));
      await beforeSwap?.();
    } catch (error) {
      await this.#replies
        .ask(this.#still(asked), { kind: 'abandon', change, ...(blamed && { failed: blamed }) }, 'done')
        .catch(() => undefined);
      throw error;
    }
    // One that ends before it swaps is replaced by one that has it.
    decided();
    await this.#each(this.#still(asked), (worker) => this.#replies.ask([worker], { kind: 'commit', change }, 'done'));
    this.#settle();
  }

  /** What aliases mean in the workers, by the names of models. */
  #aliases(): Readonly<Record<string, VersionsByAlias>> {
    const all: Record<string, Record<string, string>> = {};
    // A name that has lost its last alias has none, which is something to say.
    if (this.isUp) for (const { name, model } of this.#set.values()) if (model.file === undefined) all[name] = {};
    for (const { name, version, aliases = [] } of this.latest()) {
      for (const alias of aliases) (all[name] ??= {})[alias] = version;
    }
    return all;
  }

  unload(name: string, version: string): Promise<Departure> {
    return this.#inTurn(() => this.#takeOut(name, version));
  }

  async #takeOut(name: string, version: string): Promise<Departure> {
    const change = ++this.#changes;
    const asked = this.#living();
    for (const [place, member] of this.#set) {
      if (member.name !== name || member.version !== version) continue;
      this.#set.delete(place);
      this.canaries.left(place);
    }
    const drained = this.#each(asked, (worker) => this.#replies.expect([worker], change, 'done'));
    await this.#each(asked, (worker) =>
      this.#replies.ask([worker], { kind: 'unload', change, name, version }, 'prepared'),
    );
    return { drained };
  }

  #living(): Worker[] {
    const living = this.#still([...this.#members]);
    requireSome(living);
    return living;
  }

  /** Those that have not ended, and do not leave. */
  #still(workers: readonly Worker[]): Worker[] {
    return workers.filter((worker) => this.#members.has(worker) && lives(worker));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#turn.then(work);
    this.#turn = running.catch(() => undefined);
    return running;
  }

  /**
   * The set is as the workers are after a change: which version was meant where that was not known, and which one of a name comes
   * first. One that was unloaded and loaded again is where it was.
   */
  #settle(): void {
    const models = this.latest();
    const ranks = new Map(models.map((model, rank) => [keyOf(model), rank]));
    const rank = (member: SetMember): number => ranks.get(keyOf(member)) ?? models.length;
    const members = [...this.#set.values()].map((member) => identified(member, models));
    this.#set.clear();
    for (const { name } of members) {
      const same = members.filter((each) => each.name === name).sort((a, b) => rank(a) - rank(b));
      for (const member of same) this.#set.set(placeOf(member), member);
    }
  }

  #take(model: ModelEntry, revision: number): void {
    for (const member of membersOf(model, revision)) this.#set.set(placeOf(member), member);
  }

  /** A worker that cannot do what is decided is of no use: it is ended, and replaced by one that starts with it. */
  async #each(workers: readonly Worker[], step: (worker: Worker) => Promise<void>): Promise<void> {
    await Promise.all(
      workers.map(async (worker) => {
        try {
          await step(worker);
        } catch (err) {
          // One that drains ends by itself, and has nothing new to answer.
          if (hasCode(err, 'ERR_DRAINING')) return;
          if (!this.#members.has(worker)) return;
          this.#logger.error({ worker: worker.id, err }, 'a worker could not change its models: killed');
          this.#members.delete(worker);
          worker.process.kill('SIGKILL');
        }
      }),
    );
  }

  /** The first worker has found out which versions are meant, and which models cannot be loaded: it has said so with `ready`. */
  #pin(worker: Worker): void {
    this.#isPinned = true;
    const { models, failed } = this.#described.of(worker);
    const up = models.filter(({ state }) => state === 'READY');
    this.#failed = failed.map((each) => ({ ...each, error: undefined }));
    const before = this.models;
    this.#set.clear();
    for (const member of before) {
      for (const { name, version } of up) {
        if (name !== member.name || (member.version || version) !== version) continue;
        const reference = member.reference || version;
        const pinned = { ...member, reference, version, model: pin(member.model, reference) };
        this.#set.set(placeOf(pinned), pinned);
      }
    }
  }

  /** A file may have been written since the others read it. */
  async #warnOfOthers(worker: Worker): Promise<void> {
    await this.#described.ask([worker]);
    const others = this.#described.merged([...this.#members].filter((each) => each !== worker));
    for (const { name, version, digest } of this.#described.of(worker).models) {
      const other = others.find((each) => each.name === name && each.version === version);
      if (digest === undefined || other?.digest === undefined || digest === other.digest) continue;
      this.#logger.warn(
        { worker: worker.id, model: name, version },
        'the file of a model has changed, and this worker has other bytes than the rest: load it anew, by SIGHUP or over the admin port',
      );
    }
  }
}

function requireSome(workers: readonly Worker[]): void {
  if (workers.length > 0) return;
  throw torchError('ERR_NOT_READY', 'Expected a worker that is up, but all of them have ended or still load');
}
