import { startedAddon } from './started-addon.js';
import { fromWire } from './wire.js';

/** A device whose CUDA context is lost: every model on it answers ERR_DEVICE_FAILED until the process is restarted. */
export interface DeviceFailure {
  /** E.g. `cuda:0`. */
  readonly device: string;
  /** What CUDA said. */
  readonly reason: string;
}

/** The devices that have failed in this process, in any of its threads. Takes microseconds. */
export function deviceFailures(): readonly DeviceFailure[] {
  const started = startedAddon();
  if (!started) return [];
  const reasons = fromWire(started.addon.deviceFailures()) as Readonly<Record<string, string>>;
  return Object.entries(reasons).map(([device, reason]) => ({ device, reason }));
}
