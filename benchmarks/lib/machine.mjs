// What a measurement was made on, and whether something else used the machine meanwhile.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { performance } from 'node:perf_hooks';
import { root } from './paths.mjs';

/** More foreign CPU than this, in cores, and a run says little. */
export const foreignLimit = 0.1;

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
  };
}

export function commitHash() {
  const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', 'src', 'native') === '' ? '' : ' with changes');
  } catch {
    return 'unknown';
  }
}

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // no Linux, or the process has ended
  }
};

/** A process and its descendants. */
export function processTree(pid) {
  const children = new Map();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${entry}/stat`);
    if (stat === undefined) continue;
    const parent = Number(afterName(stat)[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found = [pid];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}

/** The command line of a process; empty or undefined when it has ended. */
export const commandOf = (pid) => read(`/proc/${pid}/cmdline`);

const afterName = (stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

function cpuSeconds(pid) {
  let ticks = 0;
  for (const each of processTree(pid)) {
    const fields = afterName(read(`/proc/${each}/stat`) ?? ') ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks / 100;
}

/** CPU time of all threads of one process, to the nanosecond: /proc's usual counters go by hundredths of a second. */
export function cpuNs(pid) {
  const ofThread = (thread) => Number((read(`/proc/${pid}/task/${thread}/schedstat`) ?? '0').split(' ')[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + ofThread(thread), 0);
}

/** Resident memory of a process tree, in MiB. Shared pages count once for each process. */
export function residentMiB(pid) {
  const kib = processTree(pid).map((each) =>
    Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${each}/status`) ?? '')?.[1] ?? 0),
  );
  return Math.round(kib.reduce((sum, each) => sum + each, 0) / 102.4) / 10;
}

function wholeMachine() {
  const line = read('/proc/stat')?.split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number);
  if (!line) return undefined;
  const [user, nice, system, , , irq, softirq, steal] = line;
  return { busy: (user + nice + system + irq + softirq) / 100, steal: steal / 100 };
}

/** CPU time of all programs since the machine's start; 0 where there is no /proc. */
export const machineBusyNs = () => (wholeMachine()?.busy ?? 0) * 1e9;

/**
 * Starts counting CPU time; the function it returns ends that. `pids`: servers beside this process. Without /proc there
 * is nothing to say, and the answer is empty.
 */
export function watchCpu(pids = []) {
  const before = wholeMachine();
  if (!before) return () => ({});
  const ofServers = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const servers = ofServers();
  const own = process.cpuUsage();
  const from = performance.now();
  return () => {
    const wall = (performance.now() - from) / 1000;
    const after = wholeMachine();
    const { user, system } = process.cpuUsage(own);
    const ownSeconds = (user + system) / 1e6;
    const serverSeconds = ofServers() - servers;
    const cores = (seconds) => Math.round((Math.max(0, seconds) / wall) * 1000) / 1000;
    return {
      serverCpuSeconds: serverSeconds,
      serverCores: cores(serverSeconds),
      clientCores: cores(ownSeconds),
      foreignCores: cores(after.busy - before.busy - serverSeconds - ownSeconds),
      stealCores: cores(after.steal - before.steal),
    };
  };
}

/** Says so when something else used the machine: such a run is no measurement. */
export function warnOfForeign(label, { foreignCores = 0, stealCores = 0 }) {
  if (foreignCores <= foreignLimit && stealCores <= foreignLimit) return;
  process.stderr.write(
    `warning: ${label}: others used ${foreignCores} cores (stolen: ${stealCores}); not a measurement, repeat it when quiet\n`,
  );
}
