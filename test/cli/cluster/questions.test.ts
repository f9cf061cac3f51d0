/** What workers ask the primary process is answered, or given up; nothing of it ends a process. */
import type { Worker } from 'node:cluster';
import { expect } from 'chai';
import { ClusterMetrics } from '#dist/cli/cluster/metrics.js';
import { ClusterMonitoring } from '#dist/cli/cluster/monitoring.js';
import { Questions } from '#dist/cli/cluster/questions.js';
import type { ToWorker } from '#dist/cli/cluster/messages.js';
import { torchError } from '#dist/errors.js';
import { keptLogger } from '../../support/server/logs.js';
import { rejection } from '../../support/rejection.js';

/** A worker that asks, and what it is told first. */
function asker(): { worker: Worker; told: Promise<ToWorker> } {
  let hear: (message: ToWorker) => void = () => undefined;
  const told = new Promise<ToWorker>((resolve) => (hear = resolve));
  const worker = { id: 1, isConnected: () => true, isDead: () => false, send: hear };
  return { worker: worker as unknown as Worker, told };
}

const broken = () => {
  throw torchError('ERR_INTERNAL', 'Expected a source but it is broken');
};
const said = { code: 'ERR_INTERNAL', message: 'Expected a source but it is broken' };

describe('questions of a worker', () => {
  it('are answered with the error where metrics cannot be read', async () => {
    const metrics = new ClusterMetrics();
    metrics.sources.monitoring = broken;
    const { worker, told } = asker();
    metrics.onMessage(worker, { kind: 'askMetrics', question: 7 });
    expect(await told).to.deep.equal({ kind: 'metrics', question: 7, text: '', error: said });
  });

  it('are answered with the error where monitoring cannot be asked', async () => {
    class Broken extends ClusterMonitoring {
      override reports(): Promise<never> {
        return Promise.resolve().then(broken);
      }
    }
    const monitoring = new Broken({} as ConstructorParameters<typeof ClusterMonitoring>[0], keptLogger().logger);
    const { worker, told } = asker();
    monitoring.onMessage(worker, { kind: 'askMonitoring', question: 8 });
    expect(await told).to.deep.equal({ kind: 'monitoring', question: 8, reports: [], error: said });
  });

  it('are given up when nobody answers, and refused when too many wait', async () => {
    const questions = new Questions<string>({ most: 2, what: 'questions', patienceMs: 5 });
    const numbers: number[] = [];
    const waiting = [1, 2].map(() => questions.ask((question) => numbers.push(question)));
    const late = Promise.all(waiting.map((each) => rejection(each)));
    expect(await rejection(questions.ask(() => undefined))).to.include({
      code: 'ERR_QUEUE_FULL',
      message: 'Expected at most 2 questions to wait',
    });
    for (const error of await late) expect(error).to.include({ code: 'ERR_TIMEOUT' });
    // What comes too late is for nobody, and there is room again.
    questions.answered({ question: numbers[0] as number }, 'late');
    const again = questions.ask((question) => numbers.push(question));
    questions.answered({ question: numbers[2] as number }, 'in time');
    expect(await again).to.equal('in time');
    const refused = questions.ask((question) => numbers.push(question));
    const error = { code: 'ERR_CANARY', message: 'Expected another' } as const;
    questions.answered({ question: numbers[3] as number, error }, '');
    expect(await rejection(refused)).to.include({ ...error, status: 409 });
    expect(new Set(numbers).size).to.equal(4);
  });
});
