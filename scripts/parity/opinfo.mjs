#!/usr/bin/env node
// npm run test:opinfo [-- NAME...]: PyTorch's own operator samples, exported by opinfo.py, run through loadModel and held to what
// PyTorch answers, bit for bit. Writes opinfo-report.json and docs/parity.md, unless there are names; ends with 1 if an answer differs or
// a process ends. Models run in processes of their own, so that one that ends its process is listed. Exports are kept in the cache folder.

import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { cacheRoot } from '#dist/libtorch/find/cache.js';
import { decode, difference, tolerances } from './compare.mjs';
import { opinfoSummary, opinfoSection } from './opinfo-report.mjs';
import { writePage } from './page.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = join(cacheRoot(), 'opinfo');
/** Of scripts/parity/opinfo.py, before every answer. */
const seed = 7;
const sampleMs = 60_000;
/** As scripts/python-beside.sh has them, so that sums are added up in the same order. */
const sameNumbers = {
  ...{ OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
  ...{ MKL_CBWR: 'COMPATIBLE', ATEN_CPU_CAPABILITY: 'default' },
};

const [first, ...rest] = process.argv.slice(2);
if (first === '--child') await child();
else await parent(first === undefined ? [] : [first, ...rest]);

async function parent(names) {
  await mkdir(folder, { recursive: true });
  const script = join(here, 'opinfo.py');
  const made = spawnSync(
    'bash',
    [join(here, '../python-beside.sh'), 'opinfo', '-W', 'ignore', script, folder, ...names],
    {
      stdio: ['ignore', 2, 2],
    },
  );
  if (made.status !== 0)
    throw new Error('the samples could not be exported; what is made is kept, so another run goes on');
  const records = [];
  for (const name of JSON.parse(await readFile(join(folder, 'names.json'), 'utf8'))) {
    records.push(JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')));
  }
  const outcomes = await inChildren(records);
  const [, torch] = (await readFile(join(folder, 'version.txt'), 'utf8')).trim().split(' ');
  const report = opinfoSummary(records, outcomes, { torch: torch.split('+')[0], tolerances });
  if (names.length === 0) {
    await writeFile(join(here, 'opinfo-report.json'), `${JSON.stringify(report, null, 1)}\n`);
    await writePage();
  }
  console.log(opinfoSection(report));
  if (names.length > 0) console.log(JSON.stringify(report, null, 1));
  const { differs, crashed } = report.operators;
  process.exitCode = Object.keys(differs).length + Object.keys(crashed).length > 0 ? 1 : 0;
}

/** An outcome for each sample that has a file: `name number` → { kind, … }. */
async function inChildren(records) {
  const outcomes = new Map();
  let left = records.flatMap(({ name, samples }) => samples.flatMap(({ file }, i) => (file ? [`${name} ${i}`] : [])));
  while (left.length > 0) {
    const { running, why } = await oneChild(left, outcomes);
    if (running !== undefined) outcomes.set(running, { kind: 'crashed', why });
    const before = left.length;
    left = left.filter((key) => !outcomes.has(key));
    if (left.length === before) throw new Error(`a process ended before it ran anything: ${why}`);
  }
  return outcomes;
}

/** Runs samples until they are through, or one of them ends or holds the process. */
function oneChild(keys, outcomes) {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [fileURLToPath(import.meta.url), '--child'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...sameNumbers },
    });
    let running;
    let slow = false;
    let timer;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        slow = true;
        process_.kill('SIGKILL');
      }, sampleMs);
    };
    watch();
    createInterface({ input: process_.stdout }).on('line', (line) => {
      const { key, outcome } = JSON.parse(line);
      watch();
      running = outcome ? undefined : key;
      if (outcome) outcomes.set(key, outcome);
    });
    process_.on('error', reject);
    process_.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ running, why: slow ? `took more than ${sampleMs / 1000} s` : (signal ?? `exit code ${code}`) });
    });
    process_.stdin.end(JSON.stringify(keys));
  });
}

async function child() {
  runtime.configure({ intraOpThreads: 1 });
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  let record;
  for (const key of JSON.parse(Buffer.concat(chunks).toString())) {
    const [name, number] = key.split(' ');
    if (record?.name !== name) record = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
    say({ key });
    say({ key, outcome: await outcomeOf(record, record.samples[number]) });
  }
}

async function outcomeOf({ zeros }, { file, args, expected }) {
  let model;
  try {
    model = await loadModel(join(folder, file), { engine: 'export', optimize: 'none', device: 'cpu' });
    await runtime.manualSeed(seed);
    const answer = await model.call('forward', args.map(decode));
    return held(Array.isArray(answer) ? answer : [answer], expected, zeros);
  } catch (error) {
    const why = `${error.code}: ${error.message}`.replaceAll(folder, '').slice(0, 400);
    return { kind: error.code === 'ERR_OPERATOR_NOT_FOUND' ? 'refused' : 'differs', why };
  } finally {
    await model?.dispose();
  }
}

function held(got, expected, zeros) {
  if (got.length !== expected.length) return { kind: 'differs', why: `${got.length} values, not ${expected.length}` };
  let error = 0;
  for (const [i, one] of expected.entries()) {
    if (one?.$tensor === undefined) {
      if (Number(got[i]) !== Number(one) && !(Number.isNaN(got[i]) && one === null))
        return { kind: 'differs', why: `${got[i]}, not ${one}` };
      continue;
    }
    if (!(got[i] instanceof Tensor)) return { kind: 'differs', why: `${typeof got[i]}, not a tensor` };
    const wanted = zeros ? zerosLike(decode(one)) : decode(one);
    const found = difference([got[i]], [wanted]);
    if (found.why) return { kind: 'differs', why: found.why };
    error = Math.max(error, found.error);
    if (error > (tolerances[wanted.dtype] ?? 0))
      return { kind: 'differs', why: `by ${error.toPrecision(2)} (${wanted.dtype})` };
  }
  return error === 0 ? { kind: 'equal' } : { kind: 'within', error };
}

/** What PyTorch leaves unwritten is zeros here. */
function zerosLike({ dtype, data, shape }) {
  return new Tensor(dtype, data.slice().fill(typeof data[0] === 'bigint' ? 0n : 0), shape);
}
