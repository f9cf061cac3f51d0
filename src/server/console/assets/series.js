/** What the live charts show, computed of measurements that were taken one after the other. No DOM. */
import { greatest, histogram, quantile, since, total } from './prometheus.js';

/** Routes that answer predictions; others are health checks, this page and the like. */
const isPrediction = ({ route = '' }) =>
  /(infer|:predict|\/predict|^\/predictions\/.*|ModelInfer)$/.test(route.replaceAll('\\', ''));
const isFailure = ({ status = '' }) => /^(4|5)/.test(status);
const request = 'http_request_duration_seconds';

/** Points that are kept: 15 minutes of one every two seconds. */
const mostPoints = 450;

export class Series {
  /** @type {{ at: number, values: Record<string, number>, rows?: object }[]} the oldest first */
  points = [];
  #last = undefined;

  /**
   * @param {import('./prometheus.js').Sample[]} samples
   * @param {number} at milliseconds
   */
  add(samples, at) {
    const now = measured(samples);
    const before = this.#last;
    this.#last = { ...now, at };
    if (!before || at <= before.at) return;
    const seconds = (at - before.at) / 1000;
    const latency = since(before.latency, now.latency);
    const inference = since(before.inference, now.inference);
    const batches = since(before.batches, now.batches);
    const rate = (name) => Math.max(0, now[name] < before[name] ? now[name] : now[name] - before[name]) / seconds;
    const ms = (seconds_) => seconds_ * 1000;
    this.points.push({
      at,
      batches,
      values: {
        requests: rate('requests'),
        rows: rate('rows'),
        errors: rate('errors'),
        p50: ms(quantile(latency, 0.5)),
        p95: ms(quantile(latency, 0.95)),
        p99: ms(quantile(latency, 0.99)),
        inference: ms(quantile(inference, 0.5)),
        batch: batches.count > 0 ? batches.sum / batches.count : NaN,
        queue: now.queue,
        inFlight: now.inFlight,
        lag: ms(now.lag),
        memory: now.memory,
        heap: now.heap,
      },
    });
    if (this.points.length > mostPoints) this.points.shift();
  }

  /** A server that could not be asked: what comes next begins anew. */
  interrupt() {
    this.#last = undefined;
  }

  /** Points not older than so many milliseconds before the newest. */
  within(ms) {
    const from = (this.points.at(-1)?.at ?? 0) - ms;
    return this.points.filter(({ at }) => at >= from);
  }
}

function measured(samples) {
  return {
    latency: histogram(samples, request, isPrediction),
    inference: histogram(samples, 'inference_duration_seconds'),
    batches: histogram(samples, 'batch_rows'),
    requests: total(samples, `${request}_count`, isPrediction),
    errors: total(samples, `${request}_count`, (labels) => isPrediction(labels) && isFailure(labels)),
    rows: total(samples, 'inference_rows_total', ({ outcome = 'ok' }) => outcome === 'ok' || outcome === 'success'),
    queue: total(samples, 'batch_queue_rows'),
    inFlight: total(samples, 'http_requests_in_flight'),
    lag: greatest(samples, 'nodejs_eventloop_lag_p99_seconds'),
    memory: total(samples, 'process_resident_memory_bytes'),
    heap: total(samples, 'nodejs_heap_size_used_bytes'),
  };
}

/** What came of all batches of some points, by their size. */
export function batchSizes(points) {
  const sizes = new Map();
  for (const { batches } of points) {
    for (const [i, bound] of batches.bounds.entries()) {
      sizes.set(bound, (sizes.get(bound) ?? 0) + batches.counts[i] - (batches.counts[i - 1] ?? 0));
    }
  }
  return [...sizes].map(([bound, count]) => ({ bound, count }));
}

/** A round number that is at least as great as any of the values: 1, 2 or 5 times a power of ten. */
export function niceTop(values) {
  const most = values.reduce((max, value) => (value > max ? value : max), 0);
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].find((step) => step * power >= most) * power;
}
