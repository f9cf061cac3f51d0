#!/usr/bin/env node
// random-calls.mjs --before DIR --after DIR [--calls 100000] [--seed 1]
// Makes the same random calls with two trees, of every fixture of every engine: by position and by name, with arguments
// left out, added, renamed, reordered and changed. Each call must end alike in both: the same result, bit by bit, or the
// same code. Prints what differs.
// random-calls.mjs --tree DIR …: makes the calls with one tree and prints how each ended.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    before: { type: 'string' },
    after: { type: 'string' },
    tree: { type: 'string' },
    calls: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const calls = Number(options.calls);

if (options.tree) await play(resolve(options.tree));
else process.exitCode = (await compare(resolve(options.before), resolve(options.after))) ? 0 : 1;

/** Runs both trees side by side and holds each line of one against the other's. */
async function compare(before, after) {
  const [left, right] = [before, after].map(linesOf);
  const differences = new Map();
  let compared = 0;
  for (;;) {
    const [a, b] = await Promise.all([left.next(), right.next()]);
    if (a.done || b.done) {
      if (!a.done || !b.done) throw new Error('one tree ended before the other');
      break;
    }
    compared++;
    if (a.value === b.value) continue;
    const key = `${a.value.replace(/=.*/, '')}: ${a.value.replace(/.*=/, '')} -> ${b.value.replace(/.*=/, '')}`;
    differences.set(key, (differences.get(key) ?? 0) + 1);
  }
  for (const [what, count] of differences) console.log(`${count} × ${what}`);
  const sum = [...differences.values()].reduce((total, count) => total + count, 0);
  console.log(`${compared} calls compared, ${sum} differ`);
  return sum === 0 && compared > 0;
}

async function* linesOf(tree) {
  const script = fileURLToPath(import.meta.url);
  const args = [script, '--tree', tree, '--calls', options.calls, '--seed', options.seed];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  yield* createInterface({ input: child.stdout });
}

async function play(tree) {
  const { loadModel, Tensor } = await import(pathToFileURL(join(tree, 'dist/index.js')).href);
  const random = generator(Number(options.seed));
  const models = [];
  for (const folder of ['torchscript', 'aoti', 'onnx']) {
    const { cases } = JSON.parse(readFileSync(join(tree, `test/fixtures/${folder}/cases.json`), 'utf8'));
    for (const file of [...new Set(cases.map((each) => each.file))].sort()) {
      if (/slow|raises|prints|refused|stateful|dropout|lstm|huge/.test(file)) continue;
      const own = cases.filter((each) => each.file === file && each.args);
      const model = await loadModel(join(tree, 'test/fixtures', folder, file)).catch(() => undefined);
      if (model && own.length > 0) models.push({ name: `${folder}/${file}`, model, cases: own });
    }
  }
  for (let call = 0; call < calls; ++call) {
    const { name, model, cases } = models[Math.floor(random() * models.length)];
    const recorded = cases[Math.floor(random() * cases.length)];
    const schema = model.info.methods.find((method) => method.name === recorded.method)?.args ?? [];
    const inputs = recorded.method === 'forward' ? (model.signature?.inputs ?? schema) : schema;
    const { args, how } = change(recorded, inputs, random, Tensor);
    let ending;
    try {
      ending = digest(await model.call(recorded.method ?? 'forward', args), Tensor);
    } catch (error) {
      ending = error.code ?? `uncoded ${error.name}`;
    }
    process.stdout.write(`${name} ${recorded.method} ${how}=${ending}\n`);
  }
  await Promise.all(models.map(({ model }) => model.dispose()));
}

/** A recorded call's arguments, by position or by name, with up to two changes. */
function change(recorded, inputs, random, Tensor) {
  const decode = (value) => decoded(value, Tensor);
  const list = (recorded.args ?? []).map(decode);
  const named = Object.entries(recorded.kwargs ?? {}).map(([key, value]) => [key, decode(value)]);
  const entries = [...list.map((value, i) => [inputs[i]?.name ?? `#${i}`, value]), ...named];
  const pick = () => Math.floor(random() * Math.max(1, entries.length));
  const changes = {
    asIs: () => undefined,
    drop: () => entries.splice(pick(), 1),
    add: () => entries.push([`extra${entries.length}`, 1]),
    rename: () => entries[pick()] && (entries[pick()][0] = 'other'),
    swap: () => entries.reverse(),
    repeat: () => entries.push(...entries.slice(0, 1)),
    null: () => entries[pick()] && (entries[pick()][1] = null),
    number: () => entries[pick()] && (entries[pick()][1] = random() < 0.5 ? 3 : 2.5),
    text: () => entries[pick()] && (entries[pick()][1] = 'x'),
    listed: () => entries.forEach((entry) => (entry[1] = [entry[1]])),
    dtype: () => retype(entries, pick(), (tensor) => Tensor.from(tensor.toArray(), 'float64')),
    integer: () => retype(entries, pick(), (tensor) => new Tensor('int32', new Int32Array(tensor.size), tensor.shape)),
    rank: () => retype(entries, pick(), (tensor) => new Tensor(tensor.dtype, tensor.data, [1, ...tensor.shape])),
    rows: () => retype(entries, pick(), (tensor) => doubled(tensor, Tensor)),
    flat: () => retype(entries, pick(), (tensor) => new Tensor(tensor.dtype, tensor.data, [tensor.size])),
    nan: () =>
      retype(entries, pick(), (tensor) => new Tensor('float32', new Float32Array(tensor.size).fill(NaN), tensor.shape)),
  };
  const names = Object.keys(changes);
  const chosen = Array.from({ length: random() < 0.3 ? 2 : 1 }, () => names[Math.floor(random() * names.length)]);
  for (const name of chosen) {
    try {
      changes[name]();
    } catch {
      // Not every change can be made to every value, such as a float64 of a bool.
    }
  }
  const byName = named.length > 0 || random() < 0.4;
  const how = `${byName ? 'by name' : 'by position'}, ${chosen.join(', ')}`;
  return { how, args: byName ? Object.fromEntries(entries) : entries.map(([, value]) => value) };
}

function retype(entries, index, make) {
  const entry = entries[index];
  if (entry?.[1]?.dtype) entry[1] = make(entry[1]);
}

function doubled({ dtype, data, shape }, Tensor) {
  if (shape.length === 0) return new Tensor(dtype, data, shape);
  const twice = new data.constructor(data.length * 2);
  twice.set(data, 0);
  twice.set(data, data.length);
  return new Tensor(dtype, twice, [shape[0] * 2, ...shape.slice(1)]);
}

function decoded(value, Tensor) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => decoded(item, Tensor));
  if (value.$tensor) return tensorOf(value.$tensor, Tensor);
  if ('$int' in value) return Number.isSafeInteger(Number(value.$int)) ? Number(value.$int) : BigInt(value.$int);
  if ('$float' in value) return Number(String(value.$float).replace(/^(-?)inf(inity)?$/i, '$1Infinity'));
  if (value.$tuple) return value.$tuple.map((item) => decoded(item, Tensor));
  const pairs = value.$dict.map(([key, item]) => [decoded(key, Tensor), decoded(item, Tensor)]);
  return pairs.every(([key]) => typeof key === 'string') ? Object.fromEntries(pairs) : new Map(pairs);
}

function tensorOf({ dtype, shape, base64 }, Tensor) {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64')).buffer;
  const { data } = Tensor.from([], dtype);
  return new Tensor(dtype, new data.constructor(bytes), shape);
}

/** Equal for equal values only. */
function digest(value, Tensor) {
  const hash = createHash('sha1');
  const add = (item) => {
    if (item instanceof Tensor) {
      const { dtype, shape, data } = item;
      hash.update(`t${dtype}${shape.join(',')}:`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else if (Array.isArray(item)) {
      hash.update(`[${item.length}`);
      item.forEach(add);
    } else if (item instanceof Map || (typeof item === 'object' && item !== null)) {
      const entries = item instanceof Map ? [...item] : Object.entries(item);
      hash.update(`{${entries.length}`);
      for (const [key, inner] of entries) {
        hash.update(`${typeof key}${String(key)}`);
        add(inner);
      }
    } else hash.update(`${typeof item}${Object.is(item, -0) ? '-0' : String(item)}`);
  };
  add(value);
  return hash.digest('hex').slice(0, 16);
}

/** mulberry32: the same numbers for the same seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
