import cluster from 'node:cluster';
import { shutDown, type AppOptions, type InferenceServer, type Logger } from '../../server/index.js';
import type { ModelHost } from '../../serving/index.js';
import { availableCores } from '../../model/threads.js';
import { send, type ToPrimary, type ToWorker } from './messages.js';
import { exitCodes, reportError } from '../report.js';

/** Intra-op threads of each of several processes: a core for each event loop, the rest shared by all instances. */
export function threadsPerWorker({ workers, instances }: { workers: number; instances: number }): number {
  return Math.max(1, Math.floor((Math.floor(availableCores()) - workers) / (workers * instances)));
}

/** As createServer's option: every worker answers `/metrics` with those of all. */
export const shareMetrics: NonNullable<AppOptions['shareMetrics']> = (own) => {
  const questions = new Map<number, (text: string) => void>();
  let last = 0;
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'collect') {
      void own().then((snapshot) => tell({ kind: 'snapshot', round: message.round, snapshot }));
    } else if (message.kind === 'metrics') {
      questions.get(message.question)?.(message.text);
      questions.delete(message.question);
    }
  });
  return () =>
    new Promise((resolve) => {
      questions.set(++last, resolve);
      tell({ kind: 'askMetrics', question: last });
    });
};

/** Drains when the primary says so. A signal to the whole process group is for the primary alone to act on. */
export function drainOnMessage(server: Pick<InferenceServer, 'close'>, host: ModelHost, logger: Logger): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  process.on('message', ({ kind }: ToWorker) => {
    if (kind === 'drain') void shutDown(server, host, logger).then((code) => process.exit(code));
  });
}

export function tellReady(): void {
  tell({ kind: 'ready' });
}

/** Does a worker's work. Its channel to the primary keeps it alive, so a failure has to end it. */
export async function asWorker(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    reportError(error, { json: false });
    process.exit(exitCodes.failure);
  }
}

function tell(message: ToPrimary): void {
  if (cluster.worker) send(cluster.worker, message);
}
