import type { Worker } from 'node:cluster';
import { errorOf, sayError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import type { Management } from '../../server/management/management.js';
import { Manager } from '../../server/management/manager.js';
import { refreshModels } from '../../server/management/refresh.js';
import type { ModelEntry } from '../../server/settings/model-entries.js';
import { ServeCatalog, type ServeSelection } from '../serve-catalog.js';
import type { ServeJob } from '../serve.js';
import { nameOf } from '../serve-targets.js';
import { ClusterFleet } from './fleet.js';
import { membersOf } from './members.js';
import { answerOf } from './asked.js';
import { send, type ToPrimary } from './messages.js';

/** The models of all workers, in the primary process: what they have, and who changes it. */
export class ClusterModels {
  readonly fleet: ClusterFleet;
  readonly management: Management;
  readonly defaultModel: string;
  readonly #started: ServeSelection;
  readonly #logger: Logger;
  /** What clients of workers have asked for, and is not over. */
  readonly #asked = new Map<string, AbortController>();

  private constructor(fleet: ClusterFleet, catalog: ServeCatalog, started: ServeSelection, logger: Logger) {
    this.fleet = fleet;
    this.defaultModel = nameOf(started.models[0] as ModelEntry);
    this.#started = started;
    this.#logger = logger;
    this.management = new Manager({ fleet, catalog, logger });
  }

  /** Reads which models are asked for. What is wrong with them the first worker says. */
  static async read({ models, settings, read }: ServeJob, logger: Logger): Promise<ClusterModels> {
    const catalog = new ServeCatalog({ models, settings }, read);
    const given = await catalog.given();
    const members = given.flatMap(({ spec }) => membersOf(spec, 0));
    const check = async (model: ModelEntry): Promise<void> => {
      // A primary process whose models do not change needs none of a host's modules.
      const { hostModelOf } = await import('../host-of-settings.js');
      hostModelOf(model, settings);
    };
    return new ClusterModels(new ClusterFleet(members, logger, check), catalog, { models, settings }, logger);
  }

  onMessage(worker: Worker, message: ToPrimary): void {
    this.fleet.onMessage(worker, message);
    if (message.kind === 'askSettings') send(worker, { kind: 'settings', ...this.#started });
    if (message.kind === 'ask') void this.#make(worker, message);
    if (message.kind === 'cancel') this.#asked.get(keyOf(worker, message))?.abort(errorOf(message.error));
  }

  onExit(worker: Worker): void {
    this.fleet.onExit(worker);
  }

  /** Makes a worker that has come up like the others. @throws why it cannot be */
  admit(worker: Worker): Promise<void> {
    return this.fleet.admit(worker);
  }

  refresh(): void {
    void refreshModels(this.management, this.#logger);
  }

  close(): Promise<void> {
    return this.management.close();
  }

  /** What a client of a worker has asked for. */
  async #make(worker: Worker, { question, asked }: Extract<ToPrimary, { readonly kind: 'ask' }>): Promise<void> {
    const key = keyOf(worker, { question });
    const given = new AbortController();
    this.#asked.set(key, given);
    try {
      send(worker, { kind: 'answer', question, value: await answerOf(this.management, asked, given.signal) });
    } catch (error) {
      send(worker, { kind: 'answer', question, error: sayError(error) });
    } finally {
      this.#asked.delete(key);
    }
  }
}

const keyOf = ({ id }: Worker, { question }: { readonly question: number }): string => `${id} ${question}`;
