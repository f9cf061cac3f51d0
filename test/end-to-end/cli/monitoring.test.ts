/** Drift of the real digit model over several processes. */
import { isDeepStrictEqual } from 'node:util';
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
  /** Sends rows until so many windows are closed. A busy machine looks at a part of the rows only, and needs more of them. */
  const fill = async (count: number, draw: () => Float32Array): Promise<MonitoringReport> => {
    await send(windowRows, draw);
    const later = Date.now() + 3000;
    const isThere = async (): Promise<boolean> => {
      if ((await report()).windows.length >= count) return true;
      if (Date.now() > later) await send(50, draw);
      return false;
    };
    await until(`window ${count}`, isThere, 40_000);
    return report();
  };
  const full = (rows: number | undefined) => expect(rows, 'rows').to.be.at.least(windowRows);

  it('puts the rows of all workers into one window, and every process says the same of it', async () => {
    const [first] = (await fill(1, () => source.draw().pixels)).windows;
    expect(first).to.include({ level: 'ok' });
    full(first?.rows);
    const [second] = (await fill(2, () => inverted(source.draw().pixels))).windows;
    expect(second).to.include({ level: 'drift' });
    full(second?.rows);
    // A worker each, and the primary process. Rows may still be on their way.
    await until('all say the same', async () => {
      const all = await Promise.all([report(), report(), report(adminPort)]);
      return all.every((each) => isDeepStrictEqual(each, all[0]));
    });
    const [said] = await server.seen('drift: this window is not what the model was trained on');
    expect(said).to.include({ level: 'warn', model: 'mnist-mlp', version: 'v1.0', rows: second?.rows });
  });

  it('says in the metrics what one process says, not so much of each worker', async () => {
    const rows = (await report()).windows[0]?.rows;
    for (const at of [port, port, adminPort]) {
      const { body } = await ask(at, '/metrics');
      expect(body).to.match(/^node_libtorch_drift_state\{[^}]*\} 2$/m);
      expect(body).to.match(/^node_libtorch_drift_windows_total\{[^}]*level="drift"\} 1$/m);
      expect(body).to.match(new RegExp(`^node_libtorch_drift_window_rows\\{[^}]*\\} ${rows}$`, 'm'));
      const statistics = body.match(/^node_libtorch_drift_statistic\{[^}]*feature="input.mean"[^}]*\} ([\d.]+)$/m);
      expect(Number(statistics?.[1])).to.be.within(0, 1);
    }
  });

  it('keeps what it knows when a worker dies', async () => {
    const before = await report();
    process.kill(server.workers[0] as number, 'SIGKILL');
    await server.seen('worker ready', 3);
    expect((await report()).windows).to.deep.equal(before.windows);
    // Inverted ones that were too many for their window are at the beginning of the next.
    const next = before.open || (await report()).open ? 4 : 3;
    expect((await fill(next, () => source.draw().pixels)).windows[0]).to.include({ level: 'ok' });
  });
});
