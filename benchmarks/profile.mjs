#!/usr/bin/env node
// npm run profile -- [predict-64 predict-1 oip-64 queue-64 run …] [--seconds 4] [--top 25] [--tree DIR] [--json FILE]: where the time of a
// path goes, a request. Four looks, one after the other, each at the same load:
//   threads      CPU, waits for a core and switches of each thread, by the kernel's counters; nothing else is attached
//   JavaScript   V8's profiler on the event loop: by room, and by function (self: without what it calls; total: with it)
//   native       perf, by library and by symbol; what is compiled JavaScript is one line, the profile above takes it apart
//   system calls strace; the process is several times as slow meanwhile, so it finds more work at each look into the queue
// perf and strace are installed where apt-get may do that (scripts/programs.mjs); without them their part says why it is missing.
// `predict`, `oip`, `queue` and `binary` stand for those with 64. --tree: another built tree. Nothing else should use the machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { warnOfForeign, watchCpu } from './lib/machine.mjs';
import { endWithSignals, readJson, root, say, writeJson } from './lib/paths.mjs';
import { timesOf } from './lib/profile/javascript.mjs';
import { perfSamples, systemCalls } from './lib/profile/native.mjs';
import { report } from './lib/profile/report.mjs';
import { watchThreads } from './lib/profile/threads.mjs';
import { sideOf, subjects } from './lib/sides.mjs';

endWithSignals();
const text = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { ...text, default: '4' },
    top: { ...text, default: '25' },
    tree: { ...text, default: root },
    json: text,
    'keep-profile': text,
  },
});
const seconds = Number(values.seconds);
const names = (positionals.length > 0 ? positionals : ['predict-64', 'predict-1', 'oip-64', 'queue-64', 'run']).map(
  (name) => (subjects[name] ? name : `${name}-64`),
);
const unknown = names.find((name) => !subjects[name]);
if (unknown) throw new Error(`unknown path ${unknown}; known are ${Object.keys(subjects).join(', ')}`);

/** A load that goes on until `look` is done; what `look` found, and the calls meanwhile. */
async function during(side, name, look) {
  let over = false;
  const loads = (async () => {
    const found = [];
    while (!over) found.push(await side.load(name, 0.25));
    return found.reduce((sum, { calls }) => sum + calls, 0);
  })();
  const [found] = await Promise.all([look().finally(() => (over = true)), loads]);
  return { ...found, calls: await loads };
}

async function javascript(side, name) {
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-bench-'));
  const file = values['keep-profile'] ?? join(folder, 'profile.json');
  const told = async (message) => {
    const done = new Promise((answered) => {
      const listen = ({ profiler }) => {
        if (profiler !== `${message.profiler} done`) return;
        side.child.off('message', listen);
        answered();
      };
      side.child.on('message', listen);
    });
    side.child.send(message);
    await done;
  };
  try {
    await told({ profiler: 'start', intervalUs: 100 });
    const { calls } = await side.load(name, seconds);
    await told({ profiler: 'stop', file });
    return { calls, ...timesOf(readJson(file)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function profile(name) {
  const preload = join(import.meta.dirname, 'lib/profile/preload.mjs');
  // Compiled functions have names in perf's samples; without the flag they are addresses.
  const node = ['--import', preload, '--perf-basic-prof-only-functions'];
  const side = await sideOf(name)(resolve(values.tree), { node, ipc: true });
  try {
    await side.load(name, 2);
    const stop = watchCpu([side.pid]);
    const threads = watchThreads(side.pid);
    const plain = await side.load(name, seconds);
    plain.threads = threads();
    warnOfForeign(name, stop());
    const js = await javascript(side, name);
    const perf = await during(side, name, () => perfSamples(side.pid, seconds));
    const system = await during(side, name, () => systemCalls(side.pid, 1.5));
    return { name, title: subjects[name].title, plain, js, perf, system };
  } finally {
    await side.stop();
  }
}

const found = [];
for (const name of names) {
  say(`${name}: ${subjects[name].title}`);
  found.push(await profile(name));
  console.log(report(found.at(-1), Number(values.top)));
}
if (values.json) await writeJson(resolve(values.json), found);
