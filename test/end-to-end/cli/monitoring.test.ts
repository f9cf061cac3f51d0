/** Drift of the real digit model over several processes. */
import { expect } from 'chai';
import type { MonitoringReport } from '#dist/monitoring/report.js';
import { DigitSource, inverted, watchedRegistry } from '../../support/monitoring/watched-digits.js';
import type { AliasRegistry } from '../../support/server/alias-registry.js';
import { ask, freePort, serveProcess, type LoggingProcess } from '../../support/server/serve-process.js';
import { until } from '../../support/server/http.js';

const windowRows = 200;
const path = '/v2/models/mnist-mlp/monitoring';

describe('serve --workers with monitoring', function () {
  this.timeout(90_000);
  const source = new DigitSource(3);
  let registry: AliasRegistry;
  let server: LoggingProcess;
  let port = 0;
  let adminPort = 0;

  before(async () => {
    registry = await watchedRegistry();
    adminPort = await freePort();
    const windows = ['--drift-window-rows', String(windowRows), '--drift-window-seconds', '1'];
    const args = ['mnist-mlp', '--workers', '2', '--admin-port', String(adminPort), ...windows, ...registry.flags];
    server = serveProcess(args);
    await server.seen('worker ready', 2);
    port = await server.port();
  });
  after(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).to.deep.equal([0, null]);
    registry.remove();
  });

  /** Each on a connection of its own: workers take turns. */
  const send = async (rows: number, draw: () => Float32Array): Promise<void> => {
    for (let sent = 0; sent < rows; sent += 50) {
      const bodies = Array.from({ length: 10 }, () => ({ inputs: Array.from({ length: 5 }, () => [...draw()]) }));
      const answers = bodies.map((body) => ask(port, '/predict', { body: Buffer.from(JSON.stringify(body)) }));
      for (const { status } of await Promise.all(answers)) expect(status).to.equal(200);
    }
  };
  const report = async (at = port): Promise<MonitoringReport> => {
    const { status, body } = await ask(at, path);
    expect(status, body).to.equal(200);
    const { models } = JSON.parse(body) as { models: readonly MonitoringReport[] };
    expect(models).to.have.length(1);
    return models[0] as MonitoringReport;
  };
  const windows = async (count: number): Promise<MonitoringReport> => {
    await until(`window ${count}`, async () => (await report()).windows.length >= count);
    return report();
  };

  it('puts the rows of all workers into one window, and every process says the same of it', async () => {
    await send(windowRows, () => source.draw().pixels);
    const [first] = (await windows(1)).windows;
    expect(first).to.include({ level: 'ok', rows: windowRows });
    await send(windowRows, () => inverted(source.draw().pixels));
    expect((await windows(2)).windows[0]).to.include({ level: 'drift', rows: windowRows });
    // A worker each, and the primary process.
    const all = await Promise.all([report(), report(), report(adminPort)]);
    for (const each of all) expect(each).to.deep.equal(all[0]);
    const [said] = await server.seen('drift: this window is not what the model was trained on');
    expect(said).to.include({ level: 'warn', model: 'mnist-mlp', version: 'v1.0', rows: windowRows });
  });

  it('says in the metrics what one process says, not so much of each worker', async () => {
    for (const at of [port, port, adminPort]) {
      const { body } = await ask(at, '/metrics');
      expect(body).to.match(/^node_libtorch_drift_state\{[^}]*\} 2$/m);
      expect(body).to.match(/^node_libtorch_drift_windows_total\{[^}]*level="drift"\} 1$/m);
      expect(body).to.match(new RegExp(`^node_libtorch_drift_window_rows\\{[^}]*\\} ${windowRows}$`, 'm'));
      const statistics = body.match(/^node_libtorch_drift_statistic\{[^}]*feature="input.mean"[^}]*\} ([\d.]+)$/m);
      expect(Number(statistics?.[1])).to.be.within(0, 1);
    }
  });

  it('keeps what it knows when a worker dies', async () => {
    const before = await report();
    process.kill(server.workers[0] as number, 'SIGKILL');
    await server.seen('worker ready', 3);
    expect((await report()).windows).to.deep.equal(before.windows);
    await send(windowRows, () => source.draw().pixels);
    expect((await windows(3)).windows[0]).to.include({ level: 'ok' });
  });
});
