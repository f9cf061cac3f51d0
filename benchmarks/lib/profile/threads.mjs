// What each thread of a process did, as the kernel counts it.

import { readFileSync, readdirSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // it has ended
  }
};

function countsOf(pid) {
  const found = new Map();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const at = `/proc/${pid}/task/${thread}`;
    const [comm, sched, status] = [read(`${at}/comm`), read(`${at}/schedstat`), read(`${at}/status`)];
    if (!comm || !sched || !status) continue;
    const [cpuNs, waitNs] = sched.split(' ').map(Number);
    const switches = (kind) => Number(new RegExp(`^${kind}_ctxt_switches:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    // V8's and libuv's pools bear the name of the process.
    const name = Number(thread) === pid ? 'event loop' : comm === 'node' ? 'pools of V8, libuv and others' : comm;
    const each = { name, cpuNs, waitNs, voluntary: switches('voluntary'), involuntary: switches('nonvoluntary') };
    found.set(Number(thread), each);
  }
  return found;
}

const members = ['cpuNs', 'waitNs', 'voluntary', 'involuntary'];

/** Starts counting. The function it returns ends that, and gives one line for each thread that did something. */
export function watchThreads(pid) {
  const before = countsOf(pid);
  return () => {
    const lines = [];
    for (const [thread, after] of countsOf(pid)) {
      const was = before.get(thread);
      const line = { thread, name: after.name };
      for (const member of members) line[member] = after[member] - (was?.[member] ?? 0);
      if (line.cpuNs > 0) lines.push(line);
    }
    return lines.sort((a, b) => b.cpuNs - a.cpuNs);
  };
}
