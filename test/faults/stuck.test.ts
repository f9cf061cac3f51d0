import { expect } from 'chai';
import { ask, LoggingProcess, serveProcess } from '../support/server/serve-process.js';
import { until } from '../support/server/http.js';
import { fixture } from '../support/paths.js';

/** What scripts/fixtures/faults_stuck.py waits for in the second place of a row. */
const endless = 12345;
const some = 54321;

describe('faults: a stuck run', function () {
  this.timeout(120_000);
  let server: LoggingProcess | undefined;
  afterEach(async () => {
    server?.child.kill('SIGKILL');
    await server?.ended;
    server = undefined;
  });

  const serve = async (...args: string[]) => {
    const folders = ['--registry', fixture('faults/stuck/registry'), '--models', fixture('faults/stuck/models')];
    server = serveProcess(['stuck', ...folders, ...args]);
    await server.seen('ready');
    return { server, port: await server.port() };
  };
  const predict = (port: number, word: number, headers = {}) =>
    ask(port, '/predict', { body: Buffer.from(JSON.stringify({ input_data: [1, word] })), headers });
  /** A prediction whose run does not end in its time. One that is answered may take longer than that, where the machine is busy. */
  const predictBriefly = (port: number, word: number) => predict(port, word, { 'x-request-timeout-ms': '200' });
  const health = async (port: number, which: 'ready' | 'live') => {
    const { status, body } = await ask(port, `/health/${which}`);
    return { code: status, ...(JSON.parse(body) as { status: string; reason?: string }) };
  };
  const notReady = (port: number) =>
    until('it is not ready', async () => (await ask(port, '/health/ready')).status === 503, 30_000);

  it('fails readiness after the limit, with a reason and a log line; liveness stays; the end comes within its bound', async () => {
    const { server, port } = await serve('--stuck-after-ms', '300', '--drain-timeout-ms', '500');
    expect((await predict(port, 1)).status).to.equal(200);
    expect((await predictBriefly(port, endless)).status).to.equal(504);
    await notReady(port);
    const { reason } = await health(port, 'ready');
    expect(reason).to.match(/^stuck v1\.0 is stuck: the run of its only instance has not ended for \d+ s$/);
    const [line] = await server.seen(
      'model is stuck: no instance has ended its run; if it does not, only a restart of the process helps',
    );
    expect(line).to.include({ level: 'error', model: 'stuck', version: 'v1.0', instances: 1 });
    expect((await health(port, 'live')).status).to.equal('live');
    expect((await predictBriefly(port, 1)).status).to.equal(504);
    server.child.kill('SIGTERM');
    expect(await server.ended).to.deep.equal([1, null]); // the run did not end
  });

  it('is ready again when the run ends', async () => {
    const { server, port } = await serve('--stuck-after-ms', '50');
    expect((await predictBriefly(port, some)).status).to.equal(504);
    await notReady(port);
    await server.seen('model runs again');
    await until('it is ready', async () => (await ask(port, '/health/ready')).status === 200, 30_000);
    expect((await predict(port, 1)).status).to.equal(200);
  });

  it('needs every instance: one that runs keeps the server ready', async () => {
    const { port } = await serve('--stuck-after-ms', '300', '--instances', '2', '--batching', 'off');
    expect((await predictBriefly(port, endless)).status).to.equal(504);
    for (let count = 0; count < 5; count++) {
      expect((await predict(port, 1)).status).to.equal(200);
      expect((await health(port, 'ready')).status).to.equal('ready');
    }
    expect((await predictBriefly(port, endless)).status).to.equal(504);
    await notReady(port);
    expect((await health(port, 'ready')).reason).to.match(/the runs of all 2 instances/);
  });

  it('fails liveness too where the operator says so, and nothing with 0', async () => {
    const { port } = await serve('--stuck-after-ms', '100', '--stuck-fails', 'live');
    expect((await health(port, 'live')).status).to.equal('live');
    await predictBriefly(port, endless);
    await notReady(port);
    const failed = await health(port, 'live');
    expect(failed).to.include({ code: 503, status: 'stuck' });
    expect(failed.reason).to.match(/is stuck/);
    server?.child.kill('SIGKILL');
    await server?.ended;

    const never = await serve('--stuck-after-ms', '0');
    await predictBriefly(never.port, endless);
    expect((await health(never.port, 'ready')).status).to.equal('ready');
  });

  it('replaces a worker', async () => {
    server = serveProcess([
      ...['stuck', '--registry', fixture('faults/stuck/registry'), '--models', fixture('faults/stuck/models')],
      // It is answered before the worker ends.
      ...['--workers', '2', '--stuck-after-ms', '1000', '--drain-timeout-ms', '100'],
    ]);
    const port = await server.port();
    await server.seen('worker ready', 2);
    expect((await predictBriefly(port, endless)).status).to.equal(504);
    await server.seen('worker ended');
    await server.seen('worker ready', 3);
    for (let count = 0; count < 6; count++) expect((await predict(port, 1)).status).to.equal(200);
  });
});
