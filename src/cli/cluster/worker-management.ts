/** Management as a worker has it: it shows its own models, and the primary process does the rest, in all workers. */
import { errorOf, sayError } from '../../errors.js';
import { onAbort } from '../../async/ticket.js';
import type { ModelRecord } from '../../registry/index.js';
import { describeHost } from '../../server/management/host-fleet.js';
import type { AliasReport, Management } from '../../server/management/management.js';
import type { CanaryReport, ModelHost } from '../../serving/index.js';
import type { SaidRefresh } from './asked.js';
import type { AskedOfManagement } from './messages.js';
import { Questions } from './questions.js';
import { hear, tell } from './worker.js';

/** How long the primary process may take to say what has become of a change that is given up. */
const cancelMs = 1000;
/** And to answer what changes nothing: it may have to read the registry. */
const patienceMs = 10_000;

/** As the models of all workers are managed from one of them. */
export function managementOfAll(host: ModelHost): Management {
  const primary = new Primary();
  const change = async (asked: AskedOfManagement, signal?: AbortSignal): Promise<void> => {
    await primary.change(asked, signal);
  };
  return {
    list: () => Promise.resolve(describeHost(host)),
    load: (name, { version, signal } = {}) => change({ action: 'load', name, version }, signal),
    unload: (name, { version, signal } = {}) => change({ action: 'unload', name, version }, signal),
    aliases: async (name) => (await primary.look({ action: 'aliases', name })) as AliasReport,
    setAlias: (name, alias, version, signal) => change({ action: 'setAlias', name, alias, version }, signal),
    record: async (name, version) => {
      const found = await primary.look({ action: 'record', name, version }).catch(() => undefined);
      return found as ModelRecord | undefined;
    },
    clear: (name, version) => change({ action: 'clear', name, version }),
    canary: async (name) => (await primary.look({ action: 'canary', name })) as CanaryReport,
    setCanary: (name, settings, signal) => change({ action: 'setCanary', name, settings }, signal),
    promoteCanary: (name, signal) => change({ action: 'promoteCanary', name }, signal),
    refresh: async () => {
      const { failed, ...done } = (await primary.change({ action: 'refresh', name: '' })) as SaidRefresh;
      return { ...done, failed: failed.map(({ model, error }) => ({ model, error: errorOf(error) })) };
    },
    close: () => Promise.resolve(),
  };
}

/** Asks the primary process, and waits for what it says. */
class Primary {
  readonly #changes = new Questions<unknown>({ most: 32, what: 'changes of models' });
  readonly #looks = new Questions<unknown>({ most: 128, what: 'questions about models', patienceMs });

  constructor() {
    hear('answer', (answer) => {
      for (const questions of [this.#changes, this.#looks]) questions.answered(answer, answer.value);
    });
  }

  /**
   * Takes as long as the change needs, unless the signal is aborted first: then the primary says whether that came too late.
   * @throws ERR_QUEUE_FULL; what the primary says; what the signal was aborted with
   */
  async change(asked: AskedOfManagement, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    return this.#changes.ask(tellOf(asked), (question, reject) => {
      if (!signal) return undefined;
      let timer: NodeJS.Timeout | undefined;
      const unfollow = onAbort(signal, () => {
        tell({ kind: 'cancel', question, error: sayError(signal.reason) });
        // One that does not say so soon is not waited for.
        timer = setTimeout(() => reject(signal.reason as Error), cancelMs).unref();
      });
      return () => {
        unfollow();
        clearTimeout(timer);
      };
    });
  }

  /** @throws ERR_QUEUE_FULL, ERR_TIMEOUT; what the primary says */
  look(asked: AskedOfManagement): Promise<unknown> {
    return this.#looks.ask(tellOf(asked));
  }
}

const tellOf =
  (asked: AskedOfManagement) =>
  (question: number): void =>
    tell({ kind: 'ask', question, asked });
