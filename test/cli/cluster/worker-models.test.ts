import cluster, { type Worker } from 'node:cluster';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ModelHost } from 'node-libtorch';
import type { CanarySettings } from '#dist/serving/index.js';
import type { ToPrimary, ToWorker } from '#dist/cli/cluster/messages.js';
import { WorkerModels } from '#dist/cli/cluster/worker-models.js';
import { keptLogger } from '../../support/server/logs.js';
import { until } from '../../support/server/http.js';
import { fixture } from '../../support/paths.js';

describe('cluster: the models of one worker', () => {
  let folder: string;
  let file: string;
  let host: ModelHost;
  const said: ToPrimary[] = [];
  const { worker } = cluster;
  /** What hears messages is there from the first of these tests on; others of this process may hear theirs. */
  const others = process.listeners('message');
  let listener: ((message: ToWorker) => void) | undefined;

  /** Messages that come in one piece: all are heard before anything that the first one has begun goes on. */
  const hears = (...messages: readonly ToWorker[]): void => {
    for (const message of messages) listener?.(message);
  };
  const hasSaid = (kind: ToPrimary['kind'], change: number) => {
    const find = () => said.find((each) => each.kind === kind && 'change' in each && each.change === change);
    return until(`${kind} ${change}`, () => Promise.resolve(find() !== undefined)).then(find);
  };
  const index = () => host.index().map(({ name, state, reason }) => `${name} ${state} ${reason}`.trim());

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-worker-models-'));
    file = join(folder, 'a.pt');
    copyFileSync(fixture('torchscript/linear.pt'), file);
    said.length = 0;
    const channel = { isConnected: () => true, send: (message: ToPrimary) => said.push(message) };
    Object.assign(cluster, { worker: channel as unknown as Worker });
    host = await ModelHost.open({ models: [{ file, warmup: false }] });
    const { logger } = keptLogger();
    new WorkerModels(host, { started: [], attempt: 'test', logger, hostModelOf: () => ({ file, warmup: false }) });
    listener ??= process.listeners('message').find((each) => !others.includes(each)) as typeof listener;
  });
  afterEach(async () => {
    Object.assign(cluster, { worker });
    await host.close();
    rmSync(folder, { recursive: true });
  });

  it('says which version has failed', async () => {
    rmSync(file);
    hears({ kind: 'prepare', change: 1, model: { file } });
    expect(await hasSaid('failed', 1)).to.deep.include({ version: '1' });
    expect(await hasSaid('failed', 1)).to.have.nested.property('error.code', 'ERR_MODEL_LOAD');
    hears({ kind: 'abandon', change: 1 });
    await hasSaid('done', 1);
    expect(index()).to.deep.equal(['a READY the last load failed: No such file: a.pt (ERR_MODEL_LOAD)']);
  });

  it('joins the others without a canary that cannot be one here, and says that it is over', async () => {
    const member = { name: 'a', reference: '1', version: '1', model: { file }, revision: 0 };
    const told = { name: 'a', revision: 7, settings: { version: '1', share: 0.5, keepLoaded: true } as CanarySettings };
    hears({ kind: 'sync', change: 1, models: [member], aliases: {}, canaries: [told] });
    await hasSaid('done', 1);
    const over = said.filter((message) => message.kind === 'canaryOver');
    expect(over).to.have.length(1);
    expect(over[0]).to.include({ name: 'a', revision: 7 });
    expect(over[0]?.reason).to.match(/^Expected a version beside what serves/);
  });

  it('has the reason of another one, where it heard of both before it could begin', async () => {
    const failed = { error: { code: 'ERR_MODEL_LOAD' as const, message: 'a 1: No such file: b.pt' }, version: '1' };
    hears({ kind: 'prepare', change: 1, model: { file } }, { kind: 'abandon', change: 1, failed });
    await hasSaid('done', 1);
    expect(index()).to.deep.equal(['a READY the last load failed: No such file: b.pt (ERR_MODEL_LOAD)']);
    expect(said.some(({ kind }) => kind === 'failed' || kind === 'prepared')).to.equal(false);
    hears({ kind: 'prepare', change: 2, model: { file } });
    await hasSaid('prepared', 2);
    hears({ kind: 'commit', change: 2 });
    await hasSaid('done', 2);
    expect(index()).to.deep.equal(['a READY']);
  });
});
