import type { Logger } from '../monitoring/logging.js';
import type { RunEvent } from '../serving/index.js';
import type { InferenceHost } from './context.js';

/**
 * Says once for each device that was lost that only a restart helps, and calls `onFailure`.
 * Returns the end of it.
 */
export function watchDevices(host: InferenceHost, logger: Logger, onFailure: () => void = () => undefined): () => void {
  const known = new Set<string>();
  const onRun = ({ outcome }: RunEvent): void => {
    if (outcome !== 'ERR_DEVICE_FAILED') return;
    for (const { device, reason } of host.deviceFailures()) {
      if (known.has(device)) continue;
      known.add(device);
      logger.fatal({ device, reason }, 'device failed: its models answer 503 until this process is restarted');
      onFailure();
    }
  };
  host.on('run', onRun);
  return () => {
    host.off('run', onRun);
  };
}
