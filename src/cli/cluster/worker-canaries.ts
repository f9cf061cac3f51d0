/** The canaries of one worker, as the primary says them. */
import cluster from 'node:cluster';
import { hasCode, sayError } from '../../errors.js';
import type { ModelHost } from '../../serving/index.js';
import type { ToldCanary } from './messages.js';
import { hear, tell } from './worker.js';

export class WorkerCanaries {
  readonly #host: ModelHost;
  /** The last that was heard of each name: what is older comes too late. */
  readonly #heard = new Map<string, number>();
  #isTold = false;

  constructor(host: ModelHost) {
    this.#host = host;
    // It has found out by itself that one is over.
    host.on('canary', ({ model: name, change }) => {
      const isOver = change === 'promoted' || change === 'ended';
      const revision = this.#heard.get(name);
      if (isOver && !this.#isTold && revision !== undefined) tell({ kind: 'canaryOver', name, revision });
    });
    hear('canary', ({ change, told, teller }) => {
      this.take(told, teller === cluster.worker?.id).then(
        () => tell({ kind: 'done', change }),
        (error: unknown) => tell({ kind: 'failed', change, error: sayError(error) }),
      );
    });
    hear('prefer', ({ change, name, version }) => {
      host.prefer(name, version);
      tell({ kind: 'done', change });
    });
  }

  /** As `take`, in a worker that starts. Where what it has loaded cannot be one, that canary is over, and not this worker. */
  async join(told: ToldCanary): Promise<void> {
    const { name, revision } = told;
    try {
      await this.take(told, false);
    } catch (error) {
      if (!hasCode(error, 'ERR_CANARY')) throw error;
      tell({ kind: 'canaryOver', name, revision, reason: error.message });
    }
  }

  /**
   * Becomes like the others.
   * @param tells of all workers this one has its events and its lines in the log
   * @throws ERR_CANARY for a version that cannot be one
   */
  async take({ name, revision, settings, verdict }: ToldCanary, tells: boolean): Promise<void> {
    const canaries = await this.#host.openCanaries();
    if ((this.#heard.get(name) ?? -1) >= revision) return;
    this.#heard.set(name, revision);
    canaries.reportTo((seen) => tell({ kind: 'canarySeen', seen }));
    this.#isTold = true;
    try {
      // The primary unloads what is not wanted any more.
      if (settings) canaries.set(name, { ...settings, keepLoaded: true }, !tells);
      else if (verdict) canaries.rollBack(name, verdict, !tells);
      else canaries.end(name, 'it was taken off', !tells);
    } finally {
      this.#isTold = false;
    }
  }
}
