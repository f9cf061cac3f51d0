import type { QueueSample } from '../monitoring/gauges.js';
import type { ServerMetrics } from '../monitoring/metrics.js';
import type { InferenceHost } from './context.js';

/** Feeds a host's events into metrics; returns the end of it. */
export function follow(host: InferenceHost, metrics: ServerMetrics): () => void {
  const onRun = metrics.run.bind(metrics);
  const onBatch = metrics.batch.bind(metrics);
  host.on('run', onRun).on('batch', onBatch);
  return () => {
    host.off('run', onRun).off('batch', onBatch);
  };
}

/** The state of every queue of a host, for gauges. */
export function* queueSamples(host: InferenceHost): Iterable<QueueSample> {
  for (const { name, version, queue } of host.list()) {
    if (!queue) continue;
    const { waitingRows, batchCapacity, fit } = queue.stats();
    yield { model: name, version, waitingRows, batchCapacity, fit };
  }
}
