#!/usr/bin/env node
// From spawning the CLI to a server that is ready, and its memory.
//   node benchmarks/start.mjs [--rounds 7] [--before FOLDER] [--save]
// `serve mnist-mlp` with a log that nobody reads, thread counts 1. Its parts are measured beside it: `node` starts and ends;
// `import` is what the CLI imports of the server, `addon` opens LibTorch and initialises the addon, `model` loads and runs the
// digit model with it, each in a process of its own that does nothing else. --before names another checkout, whose rounds take
// turns with those of this one. Prints medians with the least and the most, and the ratios of the pairs; --save writes them.

import { spawn, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { resultsDir, root, say, writeJson } from './lib/paths.mjs';
import { provenance } from './lib/results.mjs';
import { freePort } from './lib/server.mjs';
import { median, rounded, spreads } from './lib/stats.mjs';
import { textTable } from './lib/table.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    before: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const env = { ...process.env, OMP_NUM_THREADS: '1', NODE_ENV: 'production', NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' };
/** Ticks of /proc a second, on every Linux that Node runs on. */
const tickMs = 10;
const MiB = 1024;

const trees = { ...(values.before && { before: resolve(values.before) }), now: root };
const all = Object.fromEntries(Object.keys(trees).map((name) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  // Whoever is second finds files in memory that the first has read: they take turns in that, too.
  const order = Object.keys(trees);
  for (const name of round % 2 === 0 ? order : order.reverse()) {
    all[name].push({ ...(await served(trees[name])), ...parts(trees[name]) });
  }
  say(`round ${round + 1}`);
}

/** One start: milliseconds to the first answers, CPU until then, memory one second later. */
async function served(tree) {
  const port = await freePort();
  const from = performance.now();
  const args = [join(tree, 'dist/cli/main.js'), 'serve', 'mnist-mlp', '--port', String(port)];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((end) => child.once('exit', end));
  const until = async (path) => {
    while ((await statusOf(port, path)) !== 200) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      await sleep(4);
    }
    return performance.now() - from;
  };
  const liveMs = await until('/health/live');
  const readyMs = await until('/health/ready');
  const cpuMs = cpuOf(child.pid);
  await sleep(1000);
  const memory = memoryOf(child.pid);
  child.kill('SIGTERM');
  await ended;
  return { liveMs, readyMs, cpuMs, ...memory };
}

function statusOf(port, path) {
  return new Promise((done) => {
    const asked = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume().on('end', () => done(answer.statusCode));
    });
    asked.on('error', () => done(undefined));
  });
}

function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Resident, what of it is no file's, and what the process alone has. */
function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (name) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1]) / MiB;
  return { rssMiB: of('Rss'), anonymousMiB: of('Anonymous'), pssMiB: of('Pss') };
}

/** Milliseconds of each part, in a process that does it alone: all but `node` less the start of Node. */
function parts(tree) {
  const url = (file) => JSON.stringify(pathToFileURL(join(tree, 'dist', file)).href);
  const model = JSON.stringify(join(tree, 'models/mnist-mlp/v1.0/model.pt'));
  const open = `const { loadNative } = await import(${url('libtorch/load.js')});
    await loadNative({ intraOpThreads: 1 });`;
  const timed = (before, what) => {
    const script = `${before}
      const from = performance.now();
      ${what}
      process.stdout.write(String(performance.now() - from), () => process.exit(0));`;
    const args = ['--input-type=module', '-e', script];
    return Number(execFileSync(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] }));
  };
  const from = performance.now();
  execFileSync(process.execPath, ['-e', '0'], { env });
  const nodeMs = performance.now() - from;
  return {
    nodeMs,
    importMs: timed('', `await import(${url('cli/serve-here.js')});`),
    addonMs: timed('', open),
    modelMs: timed(
      `${open}
      const { loadModel, Tensor } = await import(${url('index.js')});`,
      `const model = await loadModel(${model});
      await model.run(Tensor.zeros([1, 784]));`,
    ),
  };
}

const names = Object.keys(all.now[0]);
const found = Object.fromEntries(Object.entries(all).map(([name, rounds]) => [name, spreads(rounds)]));
const ratios =
  values.before &&
  Object.fromEntries(
    names.map((key) => [key, rounded(median(all.now.map((now, i) => now[key] / all.before[i][key])))]),
  );
const shown = ({ median, min, max }) => `${median} (${min} to ${max})`;
const header = ['', ...Object.keys(trees), ...(ratios ? ['ratio'] : [])];
const rows = names.map((key) => [
  key,
  ...Object.keys(trees).map((name) => shown(found[name][key])),
  ...(ratios ? [String(ratios[key])] : []),
]);
console.log(textTable([header, ...rows]));
if (values.save) {
  const { before, now } = found;
  const result = { ...(await provenance()), rounds: Number(values.rounds), now, ...(before && { before, ratios }) };
  await writeJson(join(resultsDir, 'start.json'), result);
}
