/** Memory that a process may take: no limit of the system suits, since LibTorch reserves far more addresses than it uses. */
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';

const everyMs = 100;
const gibibyte = 2 ** 30;

/** The limit where nobody gave one. @param modelBytes all files of the model */
export function defaultMemory(modelBytes: number): number {
  // Zero, or absurdly much, where no control group limits it.
  const limit = process.constrainedMemory?.() ?? 0;
  const machine = Math.min(totalmem(), limit > 0 ? limit : Infinity);
  return Math.floor(Math.min(0.75 * machine, Math.max(8 * gibibyte, 4 * modelBytes)));
}

/**
 * Looks several times a second at the memory that is the process's own: mapped files are the system's to take back. Nothing is
 * watched where there is no /proc.
 * @returns ends the watch
 */
export function watchMemory(pid: number, limit: number, onExceeded: () => void): () => void {
  let isReading = false;
  const timer = setInterval(() => {
    if (isReading) return; // a machine that swaps answers late
    isReading = true;
    void ownMemory(pid).then((bytes) => {
      isReading = false;
      if (bytes !== undefined && bytes > limit) onExceeded();
    });
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}

/** Bytes; undefined where nobody says. */
async function ownMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const parts = [...status.matchAll(/^Rss(?:Anon|Shmem):\s*(\d+) kB$/gm)].map(([, kilobytes]) => Number(kilobytes));
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + part, 0) * 1024;
}

/** The most resident memory that this process has had, in bytes. */
export async function peakMemory(): Promise<number> {
  // Not getrusage: the system counts the parent's memory at the fork to it.
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? process.resourceUsage().maxRSS * 1024 : Number(kilobytes) * 1024;
}
