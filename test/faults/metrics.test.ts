/** What logs and metrics say is so, and is read by the tools that read it (H15–H17, H24, H26, the client's address). */
import { expect } from 'chai';
import { ModelHost, type Model } from '#dist/index.js';
import { torchError } from '#dist/errors.js';
import { AggregatedMetrics } from '#dist/monitoring/aggregate.js';
import { ServerMetrics } from '#dist/monitoring/metrics.js';
import type { Batchable } from '#dist/model/batchable.js';
import { createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { modelSample } from '../support/monitoring/samples.js';
import { exchangeRaw, expectProblem, predict, until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { large, occupy } from '../support/server/occupy.js';

const digit = Array<number>(784).fill(0.5);
const body = JSON.stringify({ input_data: digit });

/** The rules of `promtool check metrics`, for the text format of Prometheus. */
function lint(text: string): string[] {
  const faults: string[] = [];
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const helps = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => [name, help]));
  for (const [name, type] of types) {
    const isCounter = type === 'counter';
    if (!helps.get(name)) faults.push(`${name}: no help`);
    if (isCounter !== name.endsWith('_total')) faults.push(`${name}: _total is for counters, and all of them`);
    if (/_(bucket|count|sum)$/.test(name)) faults.push(`${name}: a suffix of histograms`);
    if (/counter|gauge|histogram|summary/.test(name)) faults.push(`${name}: its type`);
    if (!/^[a-z][a-z0-9_]*$/.test(name)) faults.push(`${name}: not in snake case`);
    if (/_(ms|millis\w*|micros\w*|nanos\w*|minutes?|hours?|kb|mb|kilobytes|mebibytes|mib|percent)(_|$)/.test(name)) {
      faults.push(`${name}: no base unit`);
    }
  }
  const series = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, sample = ''] = /^(.*) \S+$/.exec(line) ?? [];
    if (series.has(sample)) faults.push(`${sample}: twice`);
    series.add(sample);
    const name = sample.replace(/\{.*/, '');
    if (!types.has(name) && !types.has(name.replace(/_(bucket|count|sum)$/, ''))) faults.push(`${name}: no type`);
  }
  return faults;
}

describe('faults: logs and metrics', function () {
  this.timeout(30_000);
  let host: ModelHost;
  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'], batching: {} }] });
  });
  after(() => host?.close());

  const log = keptLogger();
  const servers: InferenceServer[] = [];
  const serve = async (options: Partial<ServerOptions> = {}) => {
    const server = await createServer({ host, port: 0, logger: log.logger, ...options });
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const lineOf = async (requestId: string) => {
    const find = () => log.lines().find((line) => line['requestId'] === requestId);
    await until(`${requestId} is logged`, () => find() !== undefined);
    return find() ?? {};
  };
  const scrape = async ({ url }: InferenceServer) => (await fetch(`${url}/metrics`)).text();

  describe('the metrics', () => {
    it('pass the rules of promtool, from one process and from several', async () => {
      const server = await serve();
      await predict(server.url, body);
      await predict(server.url, '{');
      expect(lint(await scrape(server))).to.deep.equal([]);
      const queue = modelSample({ waitingRows: 1 });
      const all = new AggregatedMetrics();
      for (const process of [1, 2]) {
        const metrics = new ServerMetrics({ inFlight: () => 1, models: () => [queue] });
        metrics.request('/predict', 'POST', 200, 0.001);
        all.update(process, await metrics.snapshot());
      }
      expect(lint(await all.text())).to.deep.equal([]);
    });

    it('say how long the oldest run has been under way', async () => {
      const server = await serve();
      const read = async () => {
        const text = await scrape(server);
        const value = (name: string) =>
          Number(new RegExp(`^${name}\\{model="mnist-mlp",version="v1.0"\\} (.*)$`, 'm').exec(text)?.[1]);
        return [
          value('node_libtorch_inference_runs_in_flight'),
          value('node_libtorch_inference_oldest_run_seconds'),
        ] as const;
      };
      expect(await read()).to.deep.equal([0, 0]);
      const { model } = host.model();
      const runs = Promise.all(Array.from({ length: 20 }, () => model.run(large)));
      let during: readonly [running: number, seconds: number] = [0, 0];
      await until('a run is seen', async () => (during = await read())[1] > 0);
      expect(during[0]).to.equal(1);
      expect(during[1]).to.be.below(30);
      await runs;
      expect(await read()).to.deep.equal([0, 0]);
    });

    it('say how many runs were on the thread of the event loop, those of a model that was replaced and of its last calls too', async () => {
      const server = await serve();
      const { name, version } = host.model();
      const read = async () => {
        const text = await scrape(server);
        return ['inline_runs', 'inline_slow_runs'].map((what) => {
          const line = `^node_libtorch_inference_${what}_total\\{model="${name}",version="${version}"\\} (.*)$`;
          return Number(new RegExp(line, 'm').exec(text)?.[1]);
        });
      };
      // Which runs are short enough depends on this machine, so the counts are given.
      const counted = { runs: 0, slow: 0, off: undefined };
      const count = ({ model }: { model: Model }) => {
        const stats = model.stats.bind(model);
        model.stats = () => ({ ...stats(), inline: { ...counted } });
      };
      const before = await read();
      const after = (runs: number, slow: number) => [before[0]! + runs, before[1]! + slow];
      count(host.model());
      Object.assign(counted, { runs: 7, slow: 2 });
      expect(await read()).to.deep.equal(after(7, 2));
      const old = host.model();
      const { first, free } = await occupy(host, () => old.run(new Tensor('float32', new Float32Array(784), [1, 784])));
      const loading = host.load({ name, versions: [version] });
      await until('it is replaced', () => host.model() !== old);
      expect(await read(), 'after a reload').to.deep.equal(after(7, 2));
      Object.assign(counted, { runs: 8, slow: 2 });
      await free();
      await first;
      await loading;
      expect(await read(), 'after the last call of what was replaced').to.deep.equal(after(8, 2));
      Object.assign(counted, { runs: 3, slow: 1 });
      count(host.model());
      expect(await read(), 'with those of the new one').to.deep.equal(after(11, 3));
    });

    it('can be read when the models are gone', async () => {
      const other = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'] }] });
      const server = await createServer({ host: other, port: 0, logger: false });
      await other.close();
      const answer = await fetch(`${server.url}/metrics`);
      await server.close();
      expect(answer.status).to.equal(200);
    });

    it('are written once for all who ask meanwhile', async () => {
      const metrics = new ServerMetrics({ inFlight: () => ++asked });
      let asked = 0;
      const texts = await Promise.all([metrics.text(), metrics.text(), metrics.text()]);
      expect(asked).to.equal(1);
      expect(new Set(texts).size).to.equal(1);
      expect(await metrics.text()).to.match(/^node_libtorch_http_requests_in_flight 2$/m);
    });

    it('forget a model that is gone', async () => {
      let queues = [modelSample({ waitingRows: 1 })];
      const metrics = new ServerMetrics({ models: () => queues });
      expect(await metrics.text()).to.include('node_libtorch_batch_queue_rows{model="m"');
      queues = [];
      expect(await metrics.text()).not.to.include('node_libtorch_batch_queue_rows{model="m"');
    });
  });

  describe('node_libtorch_inference_rows_total', () => {
    const rowsBy = async (server: InferenceServer) =>
      Object.fromEntries(
        [...(await scrape(server)).matchAll(/^node_libtorch_inference_rows_total\{.*outcome="(\w+)"\} (\d+)$/gm)].map(
          ([, outcome = '', rows]) => [outcome, Number(rows)],
        ),
      );

    it('counts rows that ran', async () => {
      const server = await serve();
      await predict(server.url, JSON.stringify({ input_data: [...digit, ...digit], batch_size: 2 }));
      expect(await rowsBy(server)).to.deep.equal({ ok: 2 });
    });

    it('does not count what waited until it was late, was aborted or had no room', async () => {
      const server = await serve();
      const served = host.model();
      const row = new Tensor('float32', new Float32Array(784), [1, 784]);
      const { first, free } = await occupy(host, () => served.run(row));
      const abort = new AbortController();
      const waiting = [served.run(row, { timeoutMs: 1 }), served.run(row, { signal: abort.signal })].map((run) =>
        run.then(
          () => undefined,
          (error: unknown) => (error as { code?: unknown }).code,
        ),
      );
      abort.abort();
      expect(await Promise.all(waiting)).to.deep.equal(['ERR_TIMEOUT', DOMException.ABORT_ERR]);
      await free();
      await first;
      expect(await rowsBy(server), 'the one before them').to.deep.equal({ ok: 1 });
    });

    it('calls a run whose output cannot be served what it was answered with', async () => {
      const server = await serve();
      const model = host.model().model as Batchable;
      const runBatch = model.runBatch.bind(model);
      model.runBatch = async (calls, padTo) => {
        const { timings } = await runBatch(calls, padTo);
        const values = calls.map(() => new Tensor('float32', new Float32Array(3), [3]));
        return { values, timings };
      };
      try {
        expectProblem(await predict(server.url, body), { status: 500, code: 'ERR_BAD_OUTPUT' });
      } finally {
        model.runBatch = runBatch;
      }
      expect(await rowsBy(server)).to.deep.equal({ ERR_BAD_OUTPUT: 1 });
    });

    it('counts by the outcome, and none that says that nothing ran', async () => {
      for (const [outcome, counts] of [
        ['ok', true],
        ['ERR_MODEL_EXECUTION', true],
        ['ERR_OUT_OF_MEMORY', true],
        ['ERR_BAD_OUTPUT', true],
        ['aborted', false],
        ['ERR_TIMEOUT', false],
        ['ERR_QUEUE_FULL', false],
        ['ERR_INVALID_SHAPE', false],
        ['ERR_DISPOSED', false],
      ] as const) {
        const metrics = new ServerMetrics();
        metrics.run({ model: 'm', version: 'v', rows: 3, outcome, timings: undefined });
        expect(
          (await metrics.text()).includes(`rows_total{model="m",version="v",outcome="${outcome}"`),
          outcome,
        ).to.equal(counts);
      }
    });
  });

  describe('the line of a request', () => {
    it('has times that are as fine as anybody reads them', async () => {
      const server = await serve();
      await predict(server.url, body, { 'x-request-id': 'times' });
      const line = await lineOf('times');
      for (const name of ['durationMs', 'inferenceMs', 'queueMs']) {
        expect(String(line[name]), name).to.match(/^\d+(\.\d{1,3})?$/);
      }
    });

    it('has the address of the client, unless a setting turns it off', async () => {
      const server = await serve();
      await predict(server.url, body, { 'x-request-id': 'with', 'x-forwarded-for': '10.0.0.1' });
      expect(await lineOf('with')).to.include({ client: '127.0.0.1' });
      await exchangeRaw(server.port, 'GARBAGE\r\n\r\n');
      await until('garbage is logged', () => log.lines().some(({ status }) => status === 400));
      expect(log.lines().find(({ status }) => status === 400)).to.include({ client: '127.0.0.1' });
      const silent = await serve({ logClientAddress: 'off' });
      const before = log.text().length;
      await predict(silent.url, body, { 'x-request-id': 'without' });
      await exchangeRaw(silent.port, 'GARBAGE\r\n\r\n');
      expect(await lineOf('without')).not.to.include.keys('client');
      expect(log.text().slice(before)).not.to.include('127.0.0.1');
    });

    it('is of level info while a model loads and while the server ends, as both are expected', async () => {
      let open!: (example: Tensor) => void;
      const example = new Promise<Tensor>((resolve) => (open = resolve));
      const models = [{ name: 'mnist-mlp', versions: ['v1.0'], warmup: { example: () => example } }];
      const loading = ModelHost.start({ models });
      const starting = await createServer({ host: loading, port: 0, logger: log.logger });
      const ask = (path: string, id: string) => fetch(`${starting.url}${path}`, { headers: { 'x-request-id': id } });
      expect((await ask('/health/ready', 'loading')).status).to.equal(503);
      expectProblem(await predict(starting.url, body, { 'x-request-id': 'early' }), {
        status: 503,
        code: 'ERR_NOT_READY',
      });
      open(new Tensor('float32', new Float32Array(784), [1, 784]));
      await loading.ready;
      await loading.close();
      expect((await ask('/health/ready', 'closed')).status).to.equal(503);
      expectProblem(await predict(starting.url, body, { 'x-request-id': 'late' }), {
        status: 503,
        code: 'ERR_DRAINING',
      });
      await starting.close();
      for (const id of ['loading', 'early', 'closed', 'late']) {
        const line = await lineOf(id);
        expect(line, id).to.include({ level: 'info', status: 503 });
        expect(line, id).not.to.include.keys('err');
      }
    });

    it('is of level error for what is wrong, and of info for what HTTP has and we have not', async () => {
      const server = await serve();
      const model = host.model().model as Batchable;
      const runBatch = model.runBatch.bind(model);
      model.runBatch = () => Promise.reject(torchError('ERR_MODEL_EXECUTION', 'broken'));
      try {
        await predict(server.url, body, { 'x-request-id': 'broken' });
      } finally {
        model.runBatch = runBatch;
      }
      expect(await lineOf('broken'))
        .to.include({ level: 'error', status: 500 })
        .and.include.keys('err');
      await exchangeRaw(server.port, 'GET / HTTP/2.0\r\nHost: localhost\r\nX-Request-Id: two\r\n\r\n');
      expect(await lineOf('two')).to.include({ level: 'info', status: 505, code: 'ERR_HTTP_VERSION' });
    });
  });

  it('says in /openapi.json how many numbers a request has', async () => {
    const server = await serve();
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      components: { schemas: { PredictRequest: { properties: { input_data: object } } } };
    };
    expect(document.components.schemas.PredictRequest.properties.input_data).to.include({
      minItems: 784,
      maxItems: 128 * 784,
    });
  });
});
