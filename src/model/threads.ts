import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { torchError } from '../errors.js';
import { computeBudget } from './compute-budget.js';

/** Thread counts of LibTorch and ONNX Runtime. Fixed for the life of the process by the first load. */
export interface ThreadSettings {
  /**
   * Threads one operator may use, per instance. Default: OMP_NUM_THREADS, else the cores less one, shared by the first
   * model's instances.
   */
  intraOpThreads?: number;
  /** Threads for torch.jit.fork inside a model. Default 1. */
  interOpThreads?: number;
  /**
   * Threads that compute at one time, over all models of this thread (the main one, or a Worker) and all engines: runs beyond
   * that wait, one turn for each model. No run has more intra-op threads. Default: no limit.
   */
  computeThreads?: number;
}

let wanted: ThreadSettings = {};
let fixed: number | undefined;
/** What goes by the fixed count: LibTorch once it has started, and each load of ONNX Runtime that has not failed. */
let users = 0;

/** @throws ERR_ALREADY_INITIALIZED once a model is loaded */
export function configureThreads(settings: ThreadSettings): void {
  if (fixed !== undefined) {
    throw torchError('ERR_ALREADY_INITIALIZED', 'Expected runtime.configure() before the first model is loaded');
  }
  wanted = { ...wanted, ...settings };
  if (settings.computeThreads !== undefined) computeBudget.limit(settings.computeThreads);
}

/** The intra-op threads of every model in this process, from the first load on. `instances` shares out the default. */
export function fixIntraOpThreads(instances: number): number {
  users++;
  const threads = wanted.intraOpThreads ?? threadsOfEnvironment() ?? defaultIntraOpThreads(instances);
  return (fixed ??= Math.min(threads, computeBudget.slots));
}

/** What has called `fixIntraOpThreads` has failed: the count is free again where nothing else goes by it. */
export function releaseThreads(): void {
  if (--users === 0) fixed = undefined;
}

/** What LibTorch says is in force in the whole process, whatever was configured here. */
export function settleIntraOpThreads(count: number): void {
  fixed = count;
}

/** Slots of the compute budget that a run on a device takes. Elsewhere than on the CPU one thread waits for the device. */
export function threadsOfRun(device: string): number {
  return device === 'cpu' ? (fixed ?? 1) : 1;
}

export function interOpThreads(): number {
  return wanted.interOpThreads ?? 1;
}

/** Cores this process may use: its CPU affinity, limited by the control group's CPU quota. At least 1, may be fractional. */
export function availableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), cgroupQuota() ?? Infinity));
}

/**
 * The part of a compute budget that each of several processes gets: `computeThreads`, else the cores, or the threads of one
 * run where somebody asked for more.
 */
export function computeThreadsOf(
  { computeThreads, intraOpThreads = 1 }: Readonly<Record<'computeThreads' | 'intraOpThreads', number | undefined>>,
  processes: number,
): number {
  const all = computeThreads ?? Math.floor(availableCores());
  const share = Math.max(1, Math.floor(all / processes));
  return computeThreads === undefined ? Math.max(share, intraOpThreads) : share;
}

/**
 * Intra-op threads when nothing was configured: the cores, less one for the event loop, shared by the instances.
 * libgomp's threads spin while they wait, so taking the last core would take it from the event loop.
 */
export function defaultIntraOpThreads(instances: number): number {
  return Math.max(1, Math.floor((Math.floor(availableCores()) - 1) / instances));
}

/** The first number of OMP_NUM_THREADS, where it is a sensible one; never more than the cores. */
function threadsOfEnvironment(env: NodeJS.ProcessEnv = process.env): number | undefined {
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
