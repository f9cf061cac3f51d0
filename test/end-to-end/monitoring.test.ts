/** Drift of the real digit model, from requests over HTTP to the report, the log, the event and the metrics. */
import { createServer as createHttp } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import type { MonitoringReport } from '#dist/monitoring/report.js';
import { createApp, createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import type { DriftEvent } from '#dist/server/monitoring/options.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { DigitSource, inverted, noisy, setStatistics, watchedRegistry } from '../support/monitoring/watched-digits.js';
import type { AliasRegistry } from '../support/server/alias-registry.js';
import { askJson } from '../support/server/alias-traffic.js';
import { until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';

interface Reports {
  readonly models: readonly MonitoringReport[];
}

const windowRows = 200;
const source = new DigitSource(2);
const plain = (): Float32Array => source.draw().pixels;

/** Sends rows, some at once, in requests of a few. */
async function send(port: number, rows: number, draw: () => Float32Array): Promise<void> {
  for (let sent = 0; sent < rows; sent += 50) {
    const requests = Array.from({ length: 5 }, () => {
      const inputs = Array.from({ length: 10 }, () => [...draw()]);
      return askJson(port, 'POST', '/predict', { body: { inputs } });
    });
    for (const { status } of await Promise.all(requests)) expect(status).to.equal(200);
  }
}

const reportOf = async (
  port: number,
  path = '/v2/models/mnist-mlp/monitoring',
): Promise<readonly MonitoringReport[]> => {
  const { status, body } = await askJson<Reports>(port, 'GET', path);
  expect(status, JSON.stringify(body)).to.equal(200);
  return body.models;
};

/** The version's report once it has so many windows. */
async function windowsOf(port: number, count: number): Promise<MonitoringReport> {
  let report: MonitoringReport | undefined;
  await until(`window ${count} closes`, async () => {
    [report] = await reportOf(port);
    return (report?.windows.length ?? 0) >= count;
  });
  return report as MonitoringReport;
}

describe('monitoring of a server', function () {
  this.timeout(60_000);
  let registry: AliasRegistry;
  let host: ModelHost;
  let server: InferenceServer | undefined;
  const log = keptLogger();
  const events: DriftEvent[] = [];

  const listen = async (options: Partial<ServerOptions> = {}): Promise<number> => {
    server = await createServer({
      ...{ host, port: 0, logger: log.logger, driftWindowRows: windowRows, driftWindowSeconds: 1 },
      onDrift: (event) => events.push(event),
      ...options,
    });
    return Number(new URL(server.url).port);
  };

  before(async () => {
    registry = await watchedRegistry(['v1.0', 'v1.1']);
    setStatistics(registry, 'v1.1');
  });
  after(() => registry.remove());
  beforeEach(async () => {
    events.length = 0;
    host = await ModelHost.open({
      registry: await registry.open(),
      models: [{ name: 'mnist-mlp', versions: ['v1.0'] }],
    });
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await host.close();
  });

  it('says nothing of rows that are as the training data was, and finds inverted ones in their first window', async () => {
    const port = await listen();
    expect(await reportOf(port)).to.deep.equal([
      { model: 'mnist-mlp', version: 'v1.0', status: 'watching', windows: [] },
    ]);
    await send(port, windowRows, plain);
    const quiet = await windowsOf(port, 1);
    expect(quiet.windows[0]).to.include({ level: 'ok' });
    expect(quiet.windows[0]?.rows).to.be.within(windowRows, windowRows + 50);
    // At most one in 30 days of windows of a second.
    expect(quiet.windows[0]?.falseAlarms).to.be.closeTo(1 / (30 * 86_400), 1e-12);
    expect(events).to.deep.equal([]);
    await send(port, windowRows, () => inverted(plain()));
    const { windows } = await windowsOf(port, 2);
    expect(windows.map(({ level }) => level)).to.deep.equal(['drift', 'ok']);
    const drifted = windows[0]?.features.filter(({ level }) => level === 'drift').map(({ feature }) => feature);
    expect(drifted).to.include.members(['input.mean', 'prediction.confidence']);
    for (const { statistic, threshold, level } of windows[0]?.features ?? []) {
      if (level === 'drift') expect(statistic).to.be.at.least(threshold);
    }
    await until('the event', () => events.length === 1);
    expect(events[0]).to.deep.include({ model: 'mnist-mlp', version: 'v1.0' });
    expect(JSON.parse(JSON.stringify(events[0]?.window))).to.deep.equal(windows[0]);
    const warnings = log.lines().filter(({ msg }) => /drift/.test(String(msg)));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include({ level: 'warn', model: 'mnist-mlp', version: 'v1.0' });
    const named = (warnings[0]?.['features'] as { feature: string }[]).map(({ feature }) => feature);
    expect(named).to.include('input.mean');
    const text = await (await fetch(`${server?.url}/metrics`)).text();
    expect(text).to.match(/^node_libtorch_drift_state\{model="mnist-mlp",version="v1.0"\} 2$/m);
    expect(text).to.match(/^node_libtorch_drift_windows_total\{[^}]*level="drift"\} 1$/m);
    expect(text).to.match(/^node_libtorch_drift_windows_total\{[^}]*level="ok"\} 1$/m);
    expect(text).to.match(/^node_libtorch_drift_windows_total\{[^}]*level="too few"\} 0$/m);
  });

  it('finds noise, and a shift of the classes in the predictions', async () => {
    const port = await listen();
    let seed = 0;
    await send(port, windowRows, () => noisy(plain(), seed++));
    expect((await windowsOf(port, 1)).windows[0]?.level).to.equal('drift');
    await send(port, windowRows, () => source.draw([3, 3, 3, 3, 8]).pixels);
    const { windows } = await windowsOf(port, 2);
    const prediction = windows[0]?.features.find(({ feature }) => feature === 'prediction');
    expect(prediction).to.include({ level: 'drift', test: 'chi2' });
  });

  it('never raises an alarm for few rows', async () => {
    const port = await listen({ driftWindowMaxSeconds: 1 });
    const one = { input_data: [...inverted(plain())] };
    expect((await askJson(port, 'POST', '/predict', { body: one })).status).to.equal(200);
    const { windows } = await windowsOf(port, 1);
    expect(windows[0]).to.include({ level: 'too few', rows: 1 });
    expect(windows[0]?.features.every(({ level }) => level === 'too few')).to.equal(true);
    expect(events).to.deep.equal([]);
    const text = await (await fetch(`${server?.url}/metrics`)).text();
    expect(text).to.match(/^node_libtorch_drift_state\{[^}]*\} -1$/m);
  });

  it('keeps what it knows over a reload, and forgets it with the version', async () => {
    const port = await listen();
    await send(port, windowRows, plain);
    await windowsOf(port, 1);
    await host.load({ name: 'mnist-mlp' });
    expect((await reportOf(port))[0]?.windows).to.have.length(1);
    await send(port, windowRows, plain);
    await windowsOf(port, 2);
    await host.unload('mnist-mlp');
    await host.load({ name: 'mnist-mlp', versions: ['v1.0'] });
    expect((await reportOf(port))[0]).to.deep.include({ status: 'watching', windows: [] });
  });

  it('watches versions that come and go, each by itself, and says what to do for one without statistics', async () => {
    const port = await listen();
    await host.load({ name: 'mnist-mlp', versions: ['v1.1'] });
    const all = await reportOf(port);
    expect(all.map(({ version, status }) => [version, status])).to.deep.equal([
      ['v1.0', 'watching'],
      ['v1.1', 'no statistics'],
    ]);
    expect(all[1]?.hint).to.match(/registry add .*--data/);
    expect(await reportOf(port, '/v2/models/mnist-mlp/versions/v1.1/monitoring')).to.deep.equal([all[1]]);
    const { status } = await askJson(port, 'GET', '/v2/models/mnist-mlp/versions/v9/monitoring');
    expect(status).to.equal(404);
    await host.unload('mnist-mlp', 'v1.1');
    expect(await reportOf(port)).to.have.length(1);
  });

  it('is off where the setting says so', async () => {
    const port = await listen({ monitoring: 'off' });
    await send(port, 50, plain);
    expect(await reportOf(port)).to.deep.equal([{ model: 'mnist-mlp', version: 'v1.0', status: 'off', windows: [] }]);
    expect(await (await fetch(`${server?.url}/metrics`)).text()).not.to.match(/^node_libtorch_drift_\w+\{/m);
  });

  it('is part of an app that is mounted in another server, and of calls of the program itself', async () => {
    const app = createApp({ host, logger: false, driftWindowRows: windowRows, driftWindowSeconds: 1 });
    const http = createHttp(app).listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    const { port } = http.address() as AddressInfo;
    try {
      for (let i = 0; i < windowRows; i++) await host.model().run(new Tensor('float32', inverted(plain()), [1, 784]));
      expect((await windowsOf(port, 1)).windows[0]?.level).to.equal('drift');
    } finally {
      http.close();
    }
  });

  it('says no value of an input anywhere', async () => {
    const port = await listen({ driftWindowMaxSeconds: 1 });
    const marked = plain().fill(0.4321987);
    await send(port, 50, () => marked);
    const reports = JSON.stringify(await windowsOf(port, 1));
    const metrics = await (await fetch(`${server?.url}/metrics`)).text();
    expect(`${reports}${metrics}${log.text()}`).not.to.include('0.43219');
  });
});
