import type { QueueSample } from '../monitoring/gauges.js';
import type { Logger } from '../monitoring/logging.js';
import type { ServerMetrics } from '../monitoring/metrics.js';
import type { InferenceHost } from './host.js';
import { reportLostDevices } from './readiness.js';
import { reportStuckModels } from './stuck.js';

interface Listeners {
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  /** Called once for each lost device, after it was logged. */
  readonly onDeviceFailure?: (() => void) | undefined;
  /** A model whose every instance has been in one run for longer is stuck. */
  readonly stuckAfterMs: number;
  /** Called when a model is stuck, after it was logged. */
  readonly onStuck?: (() => void) | undefined;
}

/** Measures the runs and batches of a host and reports lost devices and stuck models. Returns a function that stops all. */
export function followHost(
  host: InferenceHost,
  { metrics, logger, onDeviceFailure, stuckAfterMs, onStuck }: Listeners,
): () => void {
  const ends = [
    measureRuns(host, metrics),
    reportLostDevices(host, logger, onDeviceFailure),
    reportStuckModels(host, { afterMs: stuckAfterMs, logger, onStuck }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function measureRuns(host: InferenceHost, metrics: ServerMetrics): () => void {
  // Bound, not wrapped: both are called for every request.
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
