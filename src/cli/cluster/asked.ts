/** What workers ask of the management of all, in the primary process. */
import { sayError, type SaidError } from '../../errors.js';
import type { Management, RefreshReport } from '../../server/management/management.js';
import type { AskedOfManagement } from './messages.js';

type Ask = (management: Management, asked: AskedOfManagement, signal: AbortSignal) => Promise<unknown>;

/** THE TABLE: every call that a worker passes on. What they resolve with has to be JSON. */
const actions: Readonly<Record<AskedOfManagement['action'], Ask>> = {
  load: (management, { name, version }, signal) => management.load(name, { version, signal }),
  unload: (management, { name, version }, signal) => management.unload(name, { version, signal }),
  aliases: (management, { name }) => management.aliases(name),
  setAlias: (management, { name, alias = '', version }, signal) => management.setAlias(name, alias, version, signal),
  record: (management, { name, version = '' }) => management.record(name, version),
  clear: (management, { name, version }) => management.clear(name, version),
  canary: (management, { name }) => management.canary(name),
  setCanary: (management, { name, settings }, signal) => management.setCanary(name, settings, signal),
  promoteCanary: (management, { name }, signal) => management.promoteCanary(name, signal),
  refresh: async (management) => sayRefresh(await management.refresh()),
};

/** What management resolves with, as a message can carry it. @throws what management throws */
export async function answerOf(
  management: Management,
  asked: AskedOfManagement,
  signal: AbortSignal,
): Promise<unknown> {
  return actions[asked.action](management, asked, signal);
}

/** A `RefreshReport` whose errors a message can carry. */
export interface SaidRefresh extends Omit<RefreshReport, 'failed'> {
  readonly failed: readonly { readonly model: string; readonly error: SaidError }[];
}

function sayRefresh(report: RefreshReport): SaidRefresh {
  return { ...report, failed: report.failed.map(({ model, error }) => ({ model, error: sayError(error) })) };
}
