import { expect } from 'chai';
import { threadsPerWorker } from '#dist/cli/engines-ahead.js';
import { AggregatedMetrics } from '#dist/monitoring/aggregate.js';
import { ServerMetrics } from '#dist/monitoring/metrics.js';
import { availableCores } from '#dist/model/threads.js';
import { modelSample } from '../support/monitoring/samples.js';

describe('metrics of several processes', () => {
  const worker = (requests: number, waitingRows: number) => {
    const queue = modelSample({ waitingRows });
    const metrics = new ServerMetrics({ inFlight: () => 1, models: () => [queue] });
    for (let count = 0; count < requests; count++) metrics.request('/predict', 'POST', 200, 0.001);
    return metrics;
  };
  const value = (text: string, name: string) => Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(text)?.[1]);
  const requests = 'node_libtorch_http_request_duration_seconds_count';

  it('adds counts and what waits, and averages what is a property of each', async () => {
    const all = new AggregatedMetrics();
    all.update(1, await worker(3, 5).snapshot());
    all.update(2, await worker(4, 6).snapshot());
    all.update(2, await worker(5, 7).snapshot());
    const text = await all.text();
    expect(value(text, requests)).to.equal(8);
    expect(value(text, 'node_libtorch_batch_queue_rows')).to.equal(12);
    expect(value(text, 'node_libtorch_http_requests_in_flight')).to.equal(2);
    expect(value(text, 'node_libtorch_batch_queue_capacity_rows')).to.equal(32);
    expect(value(text, 'node_libtorch_batch_fit_row_seconds')).to.equal(0.001);
    expect(text).to.match(/^node_libtorch_http_request_duration_seconds_bucket\{le="\+Inf".*\} 8$/m);
  });

  it('keeps the counts of those that have ended, and nothing else of them', async () => {
    const all = new AggregatedMetrics();
    all.update(1, await worker(3, 5).snapshot());
    all.update(2, await worker(4, 6).snapshot());
    all.end(1);
    all.end(1);
    all.end(7);
    all.update(3, await worker(1, 0).snapshot());
    all.end(3);
    const text = await all.text();
    expect(value(text, requests)).to.equal(8);
    expect(value(text, 'node_libtorch_batch_queue_rows')).to.equal(6);
    expect(value(text, 'node_libtorch_http_requests_in_flight')).to.equal(1);
  });

  it('forgets the counts of versions that were gone longest, in one process and of those that have ended', async () => {
    const calls = (text: string) =>
      new Map(
        [
          ...text.matchAll(/^node_libtorch_inference_calls_total\{model="m",version="(\w+)",outcome="ok"\} (\d+)$/gm),
        ].map(([, version, count]) => [version, Number(count)]),
      );
    const ran = (metrics: ServerMetrics, version: string) =>
      metrics.run({ model: 'm', version, rows: 1, outcome: 'ok', timings: undefined });
    const all = new AggregatedMetrics();
    for (let generation = 0; generation < 6; generation++) {
      // Each worker serves v0, and 40 versions that others took the place of.
      const metrics = new ServerMetrics({ models: () => [{ ...modelSample(), version: 'v0' }] });
      for (let i = 0; i < 40; i++) {
        ran(metrics, `g${generation}v${i}`);
        metrics.gone('m', `g${generation}v${i}`);
      }
      ran(metrics, 'v0');
      all.update(generation, await metrics.snapshot());
      if (generation > 0) all.end(generation - 1);
    }
    const found = calls(await all.text());
    expect(found.get('v0'), 'of all workers').to.equal(6);
    // 100 of those that have ended, and 40 of the one that lives.
    expect(found.size).to.equal(1 + 100 + 40);
    expect([found.has('g2v19'), found.has('g2v20'), found.has('g5v0')]).to.deep.equal([false, true, true]);
    all.end(5);
    expect(calls(await all.text()).get('v0'), 'while none is there').to.equal(6);
  });

  it('keeps the counts of a version that was unloaded and loaded again', async () => {
    const metrics = new ServerMetrics();
    const ran = (version: string) => metrics.run({ model: 'm', version, rows: 1, outcome: 'ok', timings: undefined });
    ran('v0');
    metrics.gone('m', 'v0');
    metrics.loaded('m', 'v0');
    for (let i = 1; i <= 150; i++) {
      ran(`v${i}`);
      metrics.gone('m', `v${i}`);
    }
    ran('v0');
    const text = await metrics.text();
    expect(text).to.include('node_libtorch_inference_calls_total{model="m",version="v0",outcome="ok"} 2');
    expect(text).not.to.include('version="v50"');
    expect(text).to.include('version="v51"');
  });

  it('leaves a core to every event loop and shares the rest', () => {
    const cores = Math.floor(availableCores());
    expect(threadsPerWorker({ workers: cores, instances: 1 })).to.equal(1);
    expect(threadsPerWorker({ workers: 1, instances: 1 })).to.equal(Math.max(1, cores - 1));
    expect(threadsPerWorker({ workers: 4 * cores, instances: 2 })).to.equal(1);
  });
});
