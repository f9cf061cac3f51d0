import { readFileSync } from 'node:fs';

/** Open files and connections that this process may have at most; undefined where the system does not say. */
export function descriptorLimit(): number | undefined {
  try {
    // Node raises the soft limit to the hard one when it starts.
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** Descriptors that connections leave to files, pipes and probes. */
export function descriptorReserve(limit: number): number {
  return Math.min(64, Math.floor(limit / 4));
}
