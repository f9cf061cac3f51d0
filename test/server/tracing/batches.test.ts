import { SpanStatusCode } from '@opentelemetry/api';
import { ParentBasedSampler, AlwaysOffSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { ModelHost } from 'node-libtorch';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { fixture } from '../../support/paths.js';
import { Collected, timesOf } from '../../support/server/collected.js';
import { digits } from '../../support/server/digits.js';
import { until } from '../../support/server/http.js';
import { occupy } from '../../support/server/occupy.js';

const json = { 'content-type': 'application/json' };
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
const linksOf = ({ links }: ReadableSpan): string[] => links.map(({ context }) => context.spanId);

describe('spans of batches', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let collected: Collected;
  before(async () => {
    host = await ModelHost.open({
      models: [
        { name: 'mnist-mlp', batching: { maxBatchSize: 200, maxDelayMs: 1000, allowedBatchSizes: [1, 8, 200] } },
        { file: fixture('torchscript/stateful.pt'), warmup: false, batching: false },
      ],
    });
    server = await createServer({ host, port: 0, logger: false });
  });
  beforeEach(() => (collected = new Collected()));
  afterEach(() => collected.end());
  after(async () => {
    await server.close();
    await host.close();
  });

  const predict = async (rows = 1, headers: Record<string, string> = {}): Promise<Response> => {
    const own = Array.from({ length: rows }, (_, i) => digits[i % digits.length]!.input);
    const body = JSON.stringify({ input_data: own.flat(), batch_size: rows });
    const answer = await fetch(`${server.url}/predict`, { method: 'POST', headers: { ...json, ...headers }, body });
    expect(answer.status, await answer.text()).to.equal(200);
    return answer;
  };

  it('has one for a batch, linked to all requests whose rows it carries, and they to it', async () => {
    const counts = Array.from({ length: 30 }, (_, i) => 1 + (i % 3));
    await Promise.all(counts.map((rows) => predict(rows)));
    const requests = await collected.seen('POST /predict', counts.length);
    const runOf = (request: ReadableSpan): ReadableSpan =>
      collected.below(request).find(({ name }) => name === 'inference run')!;
    const batches = collected.of('inference batch');
    expect(batches.flatMap(linksOf)).to.have.members(requests.map(idOf));
    expect(Math.max(...batches.map(({ links }) => links.length))).to.be.above(1);
    for (const batch of batches) {
      const carried = requests.filter((request) => linksOf(batch).includes(idOf(request)));
      const rows = carried.reduce((sum, { attributes }) => sum + Number(attributes['node_libtorch.rows']), 0);
      const {
        'node_libtorch.batch.longest_wait_ms': wait,
        'node_libtorch.batch.close_reason': reason,
        ...rest
      } = batch.attributes;
      expect(wait).to.be.a('number').above(0);
      expect(reason).to.be.oneOf(['size', 'idle', 'delay', 'deadline', 'shape']);
      expect(rest).to.deep.equal({
        'node_libtorch.model.name': 'mnist-mlp',
        'node_libtorch.model.version': 'v1.0',
        'node_libtorch.rows': rows,
        'node_libtorch.batch.padded_rows': [1, 8, 200].find((size) => size >= rows)! - rows,
        'node_libtorch.batch.requests': carried.length,
      });
      // It is below the run of one, in whose trace it is found, and the runs of the others link to it.
      const runs = carried.map(runOf);
      const first = runs.find((run) => idOf(run) === batch.parentSpanContext?.spanId);
      for (const run of runs) {
        expect(linksOf(run)).to.deep.equal(run === first ? [] : [idOf(batch)]);
        expect(timesOf(run)).to.deep.equal(timesOf(batch));
      }
      expect(first).not.to.equal(undefined);
    }
  });

  it('links to a bounded number of requests', async () => {
    await Promise.all(Array.from({ length: 200 }, () => predict()));
    await collected.seen('POST /predict', 200);
    const batches = collected.of('inference batch');
    const requests = batches.map(({ attributes }) => Number(attributes['node_libtorch.batch.requests']));
    expect(requests.reduce((sum, count) => sum + count, 0)).to.equal(200);
    for (const [i, { links }] of batches.entries()) expect(links).to.have.length(Math.min(128, requests[i]!));
  });

  it('has one for each part of a request that is larger than a batch', async () => {
    const data = Array.from({ length: 250 }, (_, i) => digits[i % digits.length]!.input).flat();
    const body = JSON.stringify({ inputs: [{ name: 'input', shape: [250, 784], datatype: 'FP32', data }] });
    const answer = await fetch(`${server.url}/v2/models/mnist-mlp/infer`, { method: 'POST', headers: json, body });
    expect(answer.status, await answer.text()).to.equal(200);
    const [request] = await collected.seen('POST /v2/models/:model{/versions/:version}/infer');
    const below = collected.below(request!).filter(({ name }) => name === 'inference run');
    expect(below.map(({ attributes }) => attributes['node_libtorch.rows'])).to.have.members([200, 50]);
    for (const { links } of collected.of('inference batch')) {
      expect(links.map(({ context }) => context.spanId)).to.deep.equal([idOf(request!)]);
    }
  });

  it('keeps the batch where one of its requests is sampled, and leaves the others out', async () => {
    collected.end();
    collected = new Collected(new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    const traceId = 'a'.repeat(32);
    const { first, free } = await occupy(host, () => predict());
    const three = [predict(), predict(2, { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` }), predict()];
    await until('they wait together', () => host.model().queue!.stats().waitingRequests === 3);
    await free();
    await Promise.all([first, ...three]);
    const [batch] = await collected.seen('inference batch');
    await collected.seen('POST /predict');
    expect(batch?.spanContext().traceId).to.equal(traceId);
    expect(batch?.links).to.have.length(3);
    expect(collected.spans.map(({ name }) => name).toSorted()).to.deep.equal([
      'POST /predict',
      'inference batch',
      'inference queue',
      'inference run',
    ]);
  });

  it('has the run, and no batch, of a model without a queue', async () => {
    const { inputs } = (await (await fetch(`${server.url}/v2/models/stateful`)).json()) as { inputs: object[] };
    expect(inputs).to.be.an('array');
    const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1], datatype: 'FP32', data: [1] }] });
    const answer = await fetch(`${server.url}/v2/models/stateful/infer`, { method: 'POST', headers: json, body });
    expect(answer.status, await answer.text()).to.equal(200);
    const [request] = await collected.seen('POST /v2/models/:model{/versions/:version}/infer');
    const below = collected.below(request!);
    expect(below.map(({ name }) => name)).to.include('inference run');
    const run = below.find(({ name }) => name === 'inference run')!;
    expect(run.attributes).to.deep.equal({
      'node_libtorch.model.name': 'stateful',
      'node_libtorch.model.version': String(request!.attributes['node_libtorch.model.version']),
      'node_libtorch.rows': 1,
    });
    expect(run.status.code).to.equal(SpanStatusCode.UNSET);
    expect(collected.of('inference batch')).to.deep.equal([]);
  });
});
