import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Cores this process may use: its CPU affinity, limited by the control group's CPU quota. At least 1, may be fractional. */
export function availableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), cgroupQuota() ?? Infinity));
}

/**
 * Intra-op threads when nothing was configured: the cores, less one for the event loop, shared by the instances.
 * libgomp's threads spin while they wait, so taking the last core would take it from the event loop.
 */
export function defaultIntraOpThreads(instances: number): number {
  return Math.max(1, Math.floor((Math.floor(availableCores()) - 1) / instances));
}

/** The first number of OMP_NUM_THREADS, where it is a sensible one; never more than the cores. */
export function threadsOfEnvironment(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const count = Number(env['OMP_NUM_THREADS']?.split(',')[0]);
  return Number.isSafeInteger(count) && count >= 1 ? Math.min(count, Math.floor(availableCores())) : undefined;
}

/** CPUs of the control group's quota (v2, else v1); undefined when there is none. */
export function cgroupQuota(root = '/sys/fs/cgroup'): number | undefined {
  const [quota, period] = read(`${root}/cpu.max`)?.split(/\s+/) ?? [
    read(`${root}/cpu/cpu.cfs_quota_us`),
    read(`${root}/cpu/cpu.cfs_period_us`),
  ];
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? cpus : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
