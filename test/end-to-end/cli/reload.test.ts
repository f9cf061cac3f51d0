/** Models change while `serve` answers: over the admin port and by SIGHUP, in one process and in several. */
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ask, digitBody, LoggingProcess, serveProcess } from '../../support/server/serve-process.js';
import { until } from '../../support/server/http.js';
import { fixture, root } from '../../support/paths.js';

interface Version {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
  readonly digest?: string;
  readonly statistics?: { success: number };
}

const digitModel = `${root}models/mnist-mlp/v1.0/model.pt`;

describe('serve while its models change', function () {
  this.timeout(120_000);
  const running: LoggingProcess[] = [];
  const folders: string[] = [];
  /** What ends the traffic of a test: one that has failed has not done so. */
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    const quiet = ends.splice(0).map((end) => end().catch(() => undefined));
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
    await Promise.all(quiet);
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const serve = async (workers: number, models: readonly object[] = [{ name: 'mnist-mlp' }]) => {
    const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-reload-'));
    folders.push(folder);
    const config = join(folder, 'settings.json');
    const settle = (list: readonly object[]) => writeFileSync(config, JSON.stringify({ models: list }));
    const put = (name: string, from: string) => {
      copyFileSync(from, join(folder, `${name}.new`));
      renameSync(join(folder, `${name}.new`), join(folder, name));
    };
    put('a.pt', fixture('torchscript/linear.pt'));
    settle(models);
    const args = ['--config', config, '--admin-port', '0', ...(workers > 1 ? ['--workers', String(workers)] : [])];
    const server = serveProcess(args);
    running.push(server);
    await server.seen(workers > 1 ? 'worker ready' : 'ready', workers > 1 ? workers : models.length);
    const { adminPort } = server;
    const admin = (path: string, body?: object) =>
      ask(adminPort, path, body ? { body: Buffer.from(JSON.stringify(body)) } : {});
    const list = async (): Promise<Version[]> =>
      (JSON.parse((await admin('/admin/models')).body) as { models: Version[] }).models;
    const state = async (name: string) => (await list()).find((each) => each.name === name)?.state;
    const digest = async (name: string) => (await list()).find((each) => each.name === name)?.digest;
    const remove = (name: string) => rmSync(join(folder, name));
    return { server, admin, list, state, digest, settle, put, remove, port: await server.port() };
  };

  /** Constant traffic on connections that stay open and on such that do not. Returns what ends it, with the statuses. */
  const traffic = (port: number) => {
    const statuses: Record<string, number> = {};
    let isOver = false;
    const client = async (agent: Agent | false): Promise<void> => {
      while (!isOver) {
        const { status } = await ask(port, '/predict', { body: digitBody, agent });
        statuses[String(status)] = (statuses[String(status)] ?? 0) + 1;
      }
    };
    const agents = [
      new Agent({ keepAlive: true, maxSockets: 1 }),
      new Agent({ keepAlive: true, maxSockets: 1 }),
      false,
    ] as const;
    const clients = agents.map(client);
    const end = async () => {
      isOver = true;
      await Promise.allSettled(clients);
      for (const agent of agents) if (agent) agent.destroy();
      await Promise.all(clients);
      return statuses;
    };
    ends.push(end);
    return end;
  };

  for (const workers of [1, 2]) {
    const where = workers === 1 ? 'one process' : `${workers} workers`;

    it(`loses no request over ten reloads, in ${where}`, async () => {
      const { admin, port, list } = await serve(workers);
      const end = traffic(port);
      for (let count = 0; count < 10; count++) {
        expect((await admin('/v2/repository/models/mnist-mlp/load', {})).status).to.equal(200);
      }
      const statuses = await end();
      expect(Object.keys(statuses)).to.deep.equal(['200']);
      expect(statuses['200']).to.be.above(20);
      const [digits] = await list();
      await until('all are counted', async () => (await list())[0]?.statistics?.success === statuses['200']);
      expect(digits).to.include({ state: 'READY', version: 'v1.0' });
    });

    it(`refuses a bad file without a request lost, and loads a good one by SIGHUP, in ${where}`, async () => {
      const models = [{ name: 'mnist-mlp' }, { file: 'a.pt', warmup: 'off' }];
      const { server, admin, digest, list, put, remove, port } = await serve(workers, models);
      const before = await digest('a');
      const end = traffic(port);
      put('a.pt', `${root}package.json`);
      const answer = await admin('/admin/models/a/load', {});
      expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).to.deep.equal([
        422,
        'ERR_MODEL_FORMAT',
      ]);
      server.child.kill('SIGHUP');
      expect((await server.seen('some models could not be refreshed: what was there goes on'))[0]).to.deep.include({
        loaded: [],
        failed: ['a 1'],
      });
      expect(await digest('a')).to.equal(before);
      remove('a.pt');
      const gone = await admin('/admin/refresh', {});
      expect(gone.status).to.equal(422);
      expect((JSON.parse(gone.body) as { failed: object[] }).failed).to.deep.equal([
        { model: 'a 1', code: 'ERR_MODEL_LOAD', detail: 'a 1: No such file: a.pt' },
      ]);
      expect((await list()).find(({ name }) => name === 'a')?.reason).to.equal(
        'the last load failed: No such file: a.pt (ERR_MODEL_LOAD)',
      );
      put('a.pt', fixture('torchscript/numbers.pt'));
      server.child.kill('SIGHUP');
      expect((await server.seen('models refreshed'))[0]).to.deep.include({ loaded: ['a 1'], unloaded: [], failed: [] });
      expect(await digest('a')).not.to.equal(before);
      server.child.kill('SIGHUP');
      expect((await server.seen('models refreshed', 2))[1]).to.deep.include({ loaded: [], unloaded: [], failed: [] });
      expect(Object.keys(await end())).to.deep.equal(['200']);
      server.child.kill('SIGTERM');
      expect(await server.ended).to.deep.equal([0, null]);
    });

    it(`follows the list of the settings file, in ${where}`, async () => {
      const { server, settle, state, admin, put } = await serve(workers);
      put('b.pt', digitModel);
      settle([{ name: 'mnist-mlp' }, { file: 'a.pt', warmup: 'off' }, { name: 'two', file: 'b.pt', warmup: 'off' }]);
      server.child.kill('SIGHUP');
      expect((await server.seen('models refreshed'))[0]).to.deep.include({ loaded: ['a 1', 'two 1'], unloaded: [] });
      expect([await state('a'), await state('two')]).to.deep.equal(['READY', 'READY']);
      // Other options: loaded anew. What is gone is unloaded.
      settle([{ name: 'mnist-mlp' }, { name: 'two', file: 'b.pt', warmup: 'off', instances: 2 }]);
      server.child.kill('SIGHUP');
      expect((await server.seen('models refreshed', 2))[1]).to.deep.include({ loaded: ['two 1'], unloaded: ['a 1'] });
      expect(await state('a')).to.equal('UNAVAILABLE');
      // A request's wish stays.
      expect((await admin('/admin/models/two/unload', {})).status).to.equal(200);
      server.child.kill('SIGHUP');
      expect((await server.seen('models refreshed', 3))[2]).to.deep.include({ loaded: [], unloaded: [] });
      expect(await state('two')).to.equal('UNAVAILABLE');
      // A list that cannot be read changes nothing.
      settle([{ nonsense: true }]);
      server.child.kill('SIGHUP');
      await server.seen('models could not be refreshed: what was there goes on');
      const unread = await admin('/admin/refresh', {});
      const [fault] = (JSON.parse(unread.body) as { failed: { model: string; code: string }[] }).failed;
      expect([unread.status, fault?.model, fault?.code]).to.deep.equal([422, '', 'ERR_CONFIG']);
      expect(await state('mnist-mlp')).to.equal('READY');
    });
  }

  it('changes all workers or none, and a new worker starts with what all have', async () => {
    const models = [{ name: 'mnist-mlp' }, { file: 'a.pt', warmup: 'off' }];
    const { server, admin, list, state, digest, put, port } = await serve(2, models);
    put('a.pt', fixture('torchscript/numbers.pt'));
    expect((await admin('/admin/models/a/load', {})).status).to.equal(200);
    const changed = await digest('a');
    expect((await admin('/admin/models/mnist-mlp/unload', {})).status).to.equal(200);
    process.kill(server.workers[0]!, 'SIGKILL');
    await server.seen('worker ready', 3);
    // Nobody has it any more, nor has the new one.
    for (let count = 0; count < 12; count++)
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(404);
    expect([await state('mnist-mlp'), await digest('a')]).to.deep.equal(['UNAVAILABLE', changed]);
    expect((await admin('/admin/models/mnist-mlp/load', {})).status).to.equal(200);
    for (let count = 0; count < 12; count++)
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(200);
    expect((await list()).find(({ name }) => name === 'mnist-mlp')?.state).to.equal('READY');
    expect(server.of('worker cannot load what the others have: killed')).to.deep.equal([]);
  });

  it('outlives settings that no worker can use, and starts a new worker with those of the others', async () => {
    const { server, settle, port } = await serve(2);
    writeFileSync(join(folders[0]!, 'labels.txt'), 'a\nb\n');
    settle([{ name: 'mnist-mlp', labels: 'labels.txt' }]);
    server.child.kill('SIGHUP');
    expect((await server.seen('some models could not be refreshed: what was there goes on'))[0]).to.deep.include({
      failed: ['mnist-mlp v1.0'],
    });
    expect(server.of('worker ended')).to.deep.equal([]);
    settle([{ nonsense: true }]);
    process.kill(server.workers[0]!, 'SIGKILL');
    await server.seen('worker ready', 3);
    for (let count = 0; count < 8; count++)
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(200);
  });

  it('ends a change in whose middle a worker ends, and all have it', async () => {
    const { server, admin, port, state } = await serve(2);
    for (let round = 0; round < 3; round++) {
      const change = admin(`/admin/models/mnist-mlp/${round === 1 ? 'unload' : 'load'}`, {});
      process.kill(server.workers.at(-1)!, 'SIGKILL');
      expect((await change).status, `round ${round}`).to.equal(200);
      await server.seen('worker ready', 3 + round);
      const status = round === 1 ? 404 : 200;
      for (let count = 0; count < 8; count++) {
        expect((await ask(port, '/predict', { body: digitBody })).status, `round ${round}`).to.equal(status);
      }
    }
    expect(await state('mnist-mlp')).to.equal('READY');
  });

  it('passes a change of a client of one worker on to all', async () => {
    const server = serveProcess(['--workers', '2', '--repository-on-inference']);
    running.push(server);
    await server.seen('worker ready', 2);
    const port = await server.port();
    const post = (path: string) => ask(port, path, { body: Buffer.from('{}') });
    expect((await post('/v2/repository/models/mnist-mlp/unload')).status).to.equal(200);
    for (let count = 0; count < 8; count++)
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(404);
    expect((await post('/v2/repository/models/nobody/load')).status).to.equal(404);
    expect((await post('/v2/repository/models/mnist-mlp/load')).status).to.equal(200);
    for (let count = 0; count < 8; count++)
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(200);
  });

  it('has probes, metrics and the end of all workers on the admin port', async () => {
    const { server, admin, port } = await serve(2);
    for (let count = 0; count < 6; count++) await ask(port, '/predict', { body: digitBody });
    for (const path of ['/health/live', '/health/ready']) expect((await admin(path)).status).to.equal(200);
    const counted = async () => {
      const text = (await admin('/metrics')).body;
      return Number(
        /^node_libtorch_http_request_duration_seconds_count\{.*"\/predict".*status="200".*\} (\d+)$/m.exec(text)?.[1],
      );
    };
    await until('all are counted', async () => (await counted()) === 6);
    server.child.kill('SIGTERM');
    expect(await server.ended).to.deep.equal([0, null]);
    expect((await admin('/health/live')).status).to.equal('ECONNREFUSED');
  });
});
