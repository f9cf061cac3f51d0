/** Changes of the models of one worker, as the primary says them. */
import { errorOf, sayError } from '../../errors.js';
import type { Logger } from '../../server/index.js';
import { describeHost, HostFleet } from '../../server/management/host-fleet.js';
import type { ModelEntry } from '../../server/settings/model-entries.js';
import { FailedElsewhere } from '../../serving/loader.js';
import type { HostLoadOptions, HostModel, ModelHost } from '../../serving/index.js';
import type { Description, SetMember, ToWorker } from './messages.js';
import type { ServeSelection } from '../serve-catalog.js';
import { placeOf } from './members.js';
import { hear, tell } from './worker.js';
import { WorkerCanaries } from './worker-canaries.js';

/** What the primary was started with. */
export function primarySettings(): Promise<ServeSelection> {
  return new Promise((resolve) => {
    hear('settings', ({ settings, models }) => resolve({ settings, models }));
    tell({ kind: 'askSettings' });
  });
}

/** The models to start with: those of the others, or of the settings where there are none yet. */
export function assignedModels(): Promise<readonly SetMember[]> {
  return new Promise((resolve) => {
    hear('set', ({ models }) => resolve(models));
    tell({ kind: 'askSet' });
  });
}

interface Prepared {
  /** Lets it swap, or fail with an error. */
  readonly decide: (error?: Error) => void;
  /** Resolves when it is over. */
  readonly over: Promise<unknown>;
}

interface WorkerModelsParts {
  /** What the host was started with. */
  readonly started: readonly SetMember[];
  /** What the starts of all workers count as. */
  readonly attempt: string;
  readonly logger: Logger;
  readonly hostModelOf: (entry: ModelEntry) => HostModel;
}

/** Does what the primary says about models. */
export class WorkerModels {
  readonly #host: ModelHost;
  readonly #attempt: string;
  readonly #logger: Logger;
  readonly #hostModelOf: (entry: ModelEntry) => HostModel;
  readonly #canaries: WorkerCanaries;
  readonly #prepared = new Map<number, Prepared>();
  /** The version that the host blames for an error. */
  readonly #blamed = new WeakMap<object, string>();
  /** What this worker was started with, by `name reference`. */
  readonly #started: ReadonlyMap<string, SetMember>;

  constructor(host: ModelHost, { started, attempt, logger, hostModelOf }: WorkerModelsParts) {
    this.#host = host;
    this.#attempt = attempt;
    this.#logger = logger;
    this.#hostModelOf = hostModelOf;
    this.#canaries = new WorkerCanaries(host);
    this.#started = new Map(started.map((member) => [placeOf(member), member]));
    hear('prepare', ({ change, model }) =>
      this.#prepare(change, (options) => this.#host.load(this.#hostModelOf(model), options)),
    );
    hear('prepareAliases', ({ change, name, aliases }) =>
      this.#prepare(change, (options) => this.#host.setAliases(name, aliases, options)),
    );
    hear('clear', ({ change, name, version }) => void this.#clear(change, name, version));
    hear('commit', ({ change }) => this.#decide(change));
    hear('abandon', ({ change, failed }) =>
      this.#decide(
        change,
        failed ? new FailedElsewhere(errorOf(failed.error), failed.version) : new Error('Nobody wants it any more'),
      ),
    );
    hear('unload', ({ change, name, version }) => void this.#unload(change, name, version));
    hear('sync', (message) => void this.#sync(message));
    hear('describe', ({ round }) => this.#describe(round));
    host.on('change', ({ change: what, version, error }) => {
      if (what === 'failed' && error instanceof Error) this.#blamed.set(error, version);
      this.#describe(0);
    });
  }

  /** What this worker has. */
  description(): Description {
    const failed = this.#host.failed().map(({ error: _error, ...said }) => said);
    return { models: describeHost(this.#host), failed };
  }

  #describe(round: number): void {
    tell({ kind: 'description', round, ...this.description() });
  }

  /** Begins a change of the host, which swaps once the primary says so. */
  #prepare(change: number, begin: (options: HostLoadOptions) => Promise<unknown>): void {
    let decide: Prepared['decide'] = () => undefined;
    const decided = new Promise<void>((resolve, reject) => {
      decide = (error) => {
        if (error) reject(error);
        else resolve();
      };
    });
    decided.catch(() => undefined);
    const abort = new AbortController();
    const options: HostLoadOptions = {
      signal: abort.signal,
      // All workers make it.
      attempt: `${this.#attempt} ${change}`,
      beforeSwap() {
        tell({ kind: 'prepared', change });
        return decided;
      },
    };
    // What throws in a listener of messages would end this worker.
    const over = Promise.resolve().then(() => begin(options));
    over.catch((error: unknown) => {
      if (!this.#prepared.has(change)) return;
      const version = this.#blamed.get(error as object);
      tell({ kind: 'failed', change, error: sayError(error), ...(version !== undefined && { version }) });
    });
    this.#prepared.set(change, {
      decide: (error) => {
        if (error) abort.abort(error);
        decide(error);
      },
      over,
    });
  }

  #decide(change: number, error?: Error): void {
    const prepared = this.#prepared.get(change);
    this.#prepared.delete(change);
    prepared?.decide(error);
    if (error)
      void (prepared?.over ?? Promise.resolve()).catch(() => undefined).then(() => tell({ kind: 'done', change }));
    // It swaps before the next turn of the event loop.
    else setImmediate(() => tell({ kind: 'done', change }));
  }

  async #unload(change: number, name: string, version: string): Promise<void> {
    try {
      const { drained } = await new HostFleet(this.#host).unload(name, version);
      tell({ kind: 'prepared', change });
      await drained;
      tell({ kind: 'done', change });
    } catch (err) {
      this.#logger.error({ model: name, version, err }, 'a model could not be unloaded');
      tell({ kind: 'failed', change, error: sayError(err) });
    }
  }

  /** Loads what others have and this worker has not, or has of an older revision, and unloads what they have not. */
  async #sync({ change, models, aliases, canaries }: Extract<ToWorker, { readonly kind: 'sync' }>): Promise<void> {
    try {
      for (const member of models) {
        if (this.#has(member)) continue;
        await this.#host.load(this.#hostModelOf(member.model));
      }
      for (const [name, meant] of Object.entries(aliases)) {
        if (this.#host.list().some((served) => served.name === name)) await this.#host.setAliases(name, meant);
      }
      for (const { name, version } of this.#host.list()) {
        if (!models.some((each) => each.name === name && each.version === version))
          await this.#host.unload(name, version);
      }
      // The first of each name is its default, which may have been another one when this worker began.
      for (const { name, version } of [...models].reverse()) this.#host.prefer(name, version);
      for (const told of canaries) await this.#canaries.join(told);
      tell({ kind: 'done', change });
    } catch (error) {
      tell({ kind: 'failed', change, error: sayError(error) });
    }
  }

  async #clear(change: number, name: string, version: string | undefined): Promise<void> {
    try {
      await new HostFleet(this.#host).clear(name, version);
      tell({ kind: 'done', change });
    } catch (error) {
      tell({ kind: 'failed', change, error: sayError(error) });
    }
  }

  #has(member: SetMember): boolean {
    const { name, version, revision } = member;
    const isUp = this.#host.list().some((served) => served.name === name && served.version === version);
    // At the start of all the version may not have been known.
    const started = this.#started.get(placeOf(member));
    return isUp && (started?.version || version) === version && (started?.revision ?? 0) === revision;
  }
}
