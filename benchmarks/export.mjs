#!/usr/bin/env node
// node benchmarks/export.mjs [--quick] [--only NAME,…] [--optimize none|freeze|inference] [--json FILE]: what torch.export.save writes,
// against frozen TorchScript of the same model with the same weights. Both are loaded in this process and called in turns, one
// intra-op thread; what counts is the median of the ratios of neighbouring calls, by the time in the engine. Load time and memory are of
// processes that load one file. The models are made once, with the Python of the parity suite.

import { execFileSync, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildLoop, startLoop } from './lib/loop.mjs';
import { warnOfForeign, watchCpu } from './lib/machine.mjs';
import { cacheDir, dist, root, say, writeJson } from './lib/paths.mjs';
import { provenance } from './lib/results.mjs';
import { rowTensorData } from './lib/rows.mjs';
import { median, quantile, rounded } from './lib/stats.mjs';
import { short, textTable } from './lib/table.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    optimize: { type: 'string', default: 'freeze' },
    json: { type: 'string' },
  },
});
const folder = join(cacheDir, 'exported');
const limit = 1.05;
const nodesOfChain = 1000;

/** `batches` of each, and for how many seconds the two are called in turns. */
const plans = {
  mlp: { shape: [784], batches: [1, 32], seconds: 4 },
  resnet18: { shape: [3, 224, 224], batches: [1, 4], seconds: 10 },
  'mobilenet-v3-small': { shape: [3, 224, 224], batches: [1, 4], seconds: 6 },
  'transformer-t8': { shape: [32], batches: [1, 8], seconds: 6 },
  'transformer-t32': { shape: [128], batches: [1, 8], seconds: 8 },
  chain: { shape: [1], batches: [1], seconds: 4 },
};
const names = values.only?.split(',') ?? Object.keys(plans);
const suffixes = { export: '.pt2', torchscript: '.pt' };
const fileOf = (name, engine) => join(folder, `${name}${suffixes[engine]}`);

function makeModels() {
  if (names.every((name) => Object.keys(suffixes).every((engine) => existsSync(fileOf(name, engine))))) return;
  say('Making the models, with the Python environment of the parity suite');
  const script = join(root, 'scripts/bench/make_exported.py');
  execFileSync('bash', [join(root, 'scripts/parity/python.sh'), script, folder], { stdio: [0, 2, 2] });
}

/** Calls in turns for so long: the ratio of each pair, the median time of both, in ms. */
async function compare(name, batch, seconds) {
  const { loadModel, Tensor } = await dist('index.js');
  const { shape } = plans[name];
  const width = shape.reduce((product, size) => product * size, 1);
  const input = new Tensor('float32', rowTensorData(width, batch), [batch, ...shape]);
  const ours = await loadModel(fileOf(name, 'export'), { engine: 'export', optimize: values.optimize });
  const theirs = await loadModel(fileOf(name, 'torchscript'), { optimize: 'freeze' });
  try {
    // TorchScript compiles in its first runs.
    for (let i = 0; i < 5; i++) checkSame(name, await ours.run(input), await theirs.run(input));
    const times = { ours: [], theirs: [], ratios: [] };
    const time = async (model) => (await model.execute('forward', [input])).timings.runMs;
    const until = performance.now() + seconds * 1000;
    for (let turn = 0; performance.now() < until || times.ratios.length < 5; turn++) {
      // Whoever is first in one pair is second in the next.
      const order = turn % 2 === 0 ? [ours, theirs] : [theirs, ours];
      const found = [await time(order[0]), await time(order[1])];
      const [our, their] = turn % 2 === 0 ? found : found.reverse();
      times.ours.push(our);
      times.theirs.push(their);
      times.ratios.push(our / their);
    }
    const sorted = Float64Array.from(times.ratios).sort();
    return {
      name: `${name}, batch ${batch}`,
      pairs: times.ratios.length,
      exportMs: rounded(median(times.ours)),
      torchscriptMs: rounded(median(times.theirs)),
      ...{
        ratio: rounded(quantile(sorted, 0.5)),
        low: rounded(quantile(sorted, 0.25)),
        high: rounded(quantile(sorted, 0.75)),
      },
    };
  } finally {
    await ours.dispose();
    await theirs.dispose();
  }
}

function checkSame(name, ours, theirs) {
  for (const [i, value] of theirs.data.entries()) {
    if (!(Math.abs(ours.data[i] - value) <= 1e-4 * (1 + Math.abs(value)))) {
      throw new Error(`${name}: expected the same answers of both, but [${i}] is ${ours.data[i]} and ${value}`);
    }
  }
}

/** What a call of an operator costs beside what it does: a thousand additions of one number, minus the same in C++. */
async function overhead(seconds) {
  const loop = await startLoop({ path: '--additions', shape: [1] });
  try {
    const rounds = [];
    for (let i = 0; i < 3; i++) {
      const { p50 } = await loop.measure(1, seconds / 6);
      const { exportMs, torchscriptMs } = await compare('chain', 1, seconds / 6);
      rounds.push({ loop: p50, export: exportMs, torchscript: torchscriptMs });
    }
    const perNode = (pick) => rounded((median(rounds.map(pick)) * 1000) / nodesOfChain);
    return {
      loopUs: perNode((round) => round.loop),
      exportUs: perNode((round) => round.export),
      torchscriptUs: perNode((round) => round.torchscript),
      exportOverheadUs: perNode((round) => round.export - round.loop),
      torchscriptOverheadUs: perNode((round) => round.torchscript - round.loop),
    };
  } finally {
    loop.stop();
  }
}

/** Of processes that load one file each: the milliseconds, and by how much memory grows in the load and in the first calls. */
async function loads(name, repeats) {
  const found = { export: [], torchscript: [] };
  for (let i = 0; i < repeats; i++)
    for (const engine of Object.keys(found)) found[engine].push(await loadAlone(name, engine));
  const of = (engine, key) => rounded(median(found[engine].map((each) => each[key])));
  const keys = ['loadMs', 'firstMs', 'loadMiB', 'runMiB'];
  return Object.fromEntries(
    Object.keys(found).map((engine) => [engine, Object.fromEntries(keys.map((key) => [key, of(engine, key)]))]),
  );
}

function loadAlone(name, engine) {
  const child = fileURLToPath(new URL('lib/export-child.mjs', import.meta.url));
  const options = {
    engine,
    optimize: engine === 'export' ? values.optimize : 'freeze',
    shape: [1, ...plans[name].shape],
  };
  return new Promise((resolve, reject) => {
    const started = fork(child, [fileOf('mlp', engine), fileOf(name, engine), JSON.stringify(options)]);
    started.once('message', resolve);
    started.once('exit', (code) => reject(new Error(`the process that loads ${name} ended with ${code}`)));
  });
}

makeModels();
// A build beside measurements would disturb them.
if (names.includes('chain')) buildLoop();
const { runtime } = await dist('index.js');
runtime.configure({ intraOpThreads: 1 });
const speed = values.quick ? 0.25 : 1;
const result = { ...(await provenance()), optimize: values.optimize, compared: [], loads: {} };
const stop = watchCpu([]);
for (const name of names) {
  for (const batch of plans[name].batches) {
    say(`${name}, batch ${batch}`);
    result.compared.push(await compare(name, batch, plans[name].seconds * speed));
  }
}
if (names.includes('chain')) result.perNode = await overhead(plans.chain.seconds * speed);
warnOfForeign('against TorchScript', stop());
for (const name of names) {
  say(`${name}: load`);
  result.loads[name] = await loads(name, values.quick ? 1 : 5);
}
const slow = result.compared.filter(({ name, ratio }) => ratio > limit && !name.startsWith('chain'));
const heading = ['model', 'pairs', 'export ms', 'TorchScript ms', 'ratio', 'quartiles', ''];
const rows = result.compared.map(({ name, pairs, exportMs, torchscriptMs, ratio, low, high }) => [
  ...[name, pairs, short(exportMs), short(torchscriptMs), short(ratio), `${short(low)} to ${short(high)}`],
  ratio > limit ? `over ${limit}` : '',
]);
console.log(`optimize: ${values.optimize}\n${textTable([heading, ...rows])}\n`);
if (result.perNode) {
  const { exportUs, exportOverheadUs, torchscriptUs, torchscriptOverheadUs, loopUs } = result.perNode;
  console.log(
    `One addition: ${short(loopUs)} µs in a C++ loop; ${short(exportUs)} µs as a node of an exported program, of which`,
  );
  console.log(
    `${short(exportOverheadUs)} µs are ours; ${short(torchscriptUs)} µs in TorchScript (${short(torchscriptOverheadUs)} µs its own).\n`,
  );
}
const loadHeading = [
  'model',
  'load ms',
  'TorchScript',
  'first call ms',
  'TorchScript',
  'MiB loaded',
  'TorchScript',
  'MiB after calls',
  'TorchScript',
];
const loadRows = Object.entries(result.loads).map(([name, { export: ours, torchscript }]) => [
  name,
  ...['loadMs', 'firstMs', 'loadMiB', 'runMiB'].flatMap((key) => [short(ours[key]), short(torchscript[key])]),
]);
console.log(textTable([loadHeading, ...loadRows]));
if (values.json) await writeJson(values.json, result);
if (slow.length > 0) console.log(`\nslower than ${limit}×: ${slow.map(({ name }) => name).join('; ')}`);
process.exit(0);
