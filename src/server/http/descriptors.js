import { readFileSync } from 'node:fs';
/** Open files and connections that this process may have at most; undefined where the system does not say. */
export function descriptorLimit() {
    try {
        // Node raises the soft limit to the hard one when it starts.
        const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
        return limit === undefined ? undefined : Number(limit);
    }
    catch {
        return undefined;
    }
}
/** Connections that this process can hold and still have `others` descriptors besides the reserve; Infinity where it is not known. */
export function connectionRoom(others = 0) {
    const limit = descriptorLimit();
    return limit === undefined ? Infinity : Math.max(1, limit - descriptorReserve(limit) - others);
}
/** Descriptors that connections leave to files, pipes and probes. */
export function descriptorReserve(limit) {
    return Math.min(64, Math.floor(limit / 4));
}
