import type { QueueSample } from '../monitoring/gauges.js';
import type { Logger } from '../monitoring/logging.js';
import type { ServerMetrics } from '../monitoring/metrics.js';
import type { RunEvent } from '../serving/index.js';
import type { InferenceHost } from './host.js';

interface Listeners {
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  /** Called once for each lost device, after it was logged. */
  readonly onDeviceFailure?: (() => void) | undefined;
}

/** Measures the runs and batches of a host and reports lost devices. Returns a function that stops both. */
export function followHost(host: InferenceHost, { metrics, logger, onDeviceFailure }: Listeners): () => void {
  const ends = [measureRuns(host, metrics), reportLostDevices(host, logger, onDeviceFailure)];
  return () => {
    for (const end of ends) end();
  };
}

function measureRuns(host: InferenceHost, metrics: ServerMetrics): () => void {
  const onRun = metrics.run.bind(metrics);
  const onBatch = metrics.batch.bind(metrics);
  host.on('run', onRun).on('batch', onBatch);
  return () => {
    host.off('run', onRun).off('batch', onBatch);
  };
}

/** Reports each lost device once: only a restart of the process brings it back. */
function reportLostDevices(host: InferenceHost, logger: Logger, onFailure?: () => void): () => void {
  const known = new Set<string>();
  const onRun = ({ outcome }: RunEvent): void => {
    if (outcome !== 'ERR_DEVICE_FAILED') return;
    for (const { device, reason } of host.deviceFailures()) {
      if (known.has(device)) continue;
      known.add(device);
      logger.fatal({ device, reason }, 'device failed: its models answer 503 until this process is restarted');
      onFailure?.();
    }
  };
  host.on('run', onRun);
  return () => {
    host.off('run', onRun);
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
