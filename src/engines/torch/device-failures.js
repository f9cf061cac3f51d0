import { startedAddon } from './started-addon.js';
import { fromWire } from './wire.js';
/** The devices that have failed in this process, in any of its threads. Takes microseconds. */
export function deviceFailures() {
    const started = startedAddon();
    if (!started)
        return [];
    const reasons = fromWire(started.addon.deviceFailures());
    return Object.entries(reasons).map(([device, reason]) => ({ device, reason }));
}
