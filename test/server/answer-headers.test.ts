import { expect } from 'chai';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { loadReport } from '#dist/server/load-report.js';
import { ModelHost } from '#dist/index.js';
import { predict, until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { gate, MemoryHost } from '../support/server/memory-host.js';

const body = '{"input_data":[1,0,0,0]}';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

describe('the headers of an answer', () => {
  const log = keptLogger();
  const host = new MemoryHost();
  let server: InferenceServer;
  before(async () => (server = await createServer({ host: host.asHost(), port: 0, logger: log.logger })));
  after(() => server.close());

  it('name the model, its version and the digest of its file, of an error about it too', async () => {
    const about = { 'x-model-name': 'tiny', 'x-model-version': 'v2.0', 'x-model-digest': `sha256:${'ab'.repeat(32)}` };
    for (const data of ['[1,1]', '[1]', '[1,7]']) {
      const { headers } = await predict(server.url, `{"input_data":${data},"model_version":"v2.0"}`);
      for (const [name, value] of Object.entries(about)) expect(headers.get(name), data).to.equal(value);
    }
    const { headers } = await predict(server.url, '{"input_data":[1],"model_version":"v9.0"}');
    expect(headers.get('x-model-name')).to.equal(null);
    expect((await fetch(`${server.url}/health/live`)).headers.get('x-model-name')).to.equal(null);
  });

  it('name the model that any route tells of', async () => {
    for (const path of ['/v2/models/tiny', '/v2/models/tiny/stats', '/v2/models/tiny/ready', '/v1/models/tiny']) {
      const { status, headers } = await fetch(server.url + path);
      expect([status, headers.get('x-model-version')], path).to.deep.equal([200, 'v1.0']);
    }
  });

  it('go on with the trace of the caller, which is logged', async () => {
    const { headers } = await predict(server.url, body, { traceparent, tracestate: 'a=1', 'x-request-id': 'traced' });
    const [, trace, span] = headers.get('traceparent')?.split('-') ?? [];
    expect(trace).to.equal(traceId);
    expect(headers.get('tracestate')).to.equal('a=1');
    const line = log.lines().find(({ requestId }) => requestId === 'traced');
    expect(line).to.include({ trace_id: traceId, span_id: span, parent_id: 'b7ad6b7169203331' });
  });

  it('have no trace where the caller has none, or none that is one', async () => {
    for (const given of [{}, { traceparent: 'x' }, { traceparent: `${traceparent}x`, tracestate: 'a=1' }]) {
      const { status, headers } = await predict(server.url, body, { ...given, 'x-request-id': 'untraced' });
      expect([status, headers.get('traceparent'), headers.get('tracestate')]).to.deep.equal([200, null, null]);
    }
    expect(log.lines().filter((line) => line['requestId'] === 'untraced' && 'trace_id' in line)).to.deep.equal([]);
  });

  it('report the load to who asks, in text or JSON', async () => {
    const ask = async (format: string) => {
      const { headers } = await predict(server.url, body, { 'endpoint-load-metrics-format': format });
      return headers.get('endpoint-load-metrics');
    };
    const metric = String.raw`=[\d.]+`;
    const names = ['application_utilization', 'named_metrics.queue_depth', 'named_metrics.requests_in_flight'];
    const text = new RegExp(`^TEXT ${names.map((name) => name + metric).join(',')}$`);
    expect(await ask('TEXT')).to.match(text);
    expect(await ask('text')).to.match(text);
    const json = await ask('json');
    expect(json).to.match(/^JSON \{/);
    const { named_metrics, ...rest } = JSON.parse(String(json).slice(5)) as Record<string, unknown>;
    expect(rest).to.have.all.keys('application_utilization');
    expect(named_metrics).to.have.all.keys('queue_depth', 'requests_in_flight');
    expect(await ask('bin')).to.equal(null);
    expect((await predict(server.url, body)).headers.get('endpoint-load-metrics')).to.equal(null);
  });

  it('report what runs and waits', async () => {
    const held = gate();
    host.behaviour = held.behaviour;
    const answers = Array.from({ length: 3 }, () => predict(server.url, body));
    const [served] = host.list();
    await until('all three run', () => served?.inFlight === 3);
    expect(loadReport('TEXT', host.asHost(), served)).to.equal(
      'TEXT application_utilization=3,named_metrics.queue_depth=2,named_metrics.requests_in_flight=3',
    );
    const health = await fetch(`${server.url}/health/live`, { headers: { 'endpoint-load-metrics-format': 'TEXT' } });
    expect(health.headers.get('endpoint-load-metrics')).to.match(/^TEXT application_utilization=1.5,/);
    held.open();
    await Promise.all(answers);
    host.behaviour = async () => undefined;
  });

  it('report a real queue', async () => {
    await using models = ModelHost.start({ models: [{ name: 'mnist-mlp' }] });
    await models.ready;
    const served = models.model('mnist-mlp');
    const report = loadReport('JSON', models, served);
    expect(JSON.parse(report.slice(5))).to.deep.equal({
      application_utilization: 0,
      named_metrics: { queue_depth: 0, requests_in_flight: 0 },
    });
  });
});
