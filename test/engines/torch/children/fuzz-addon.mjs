/**
 * Calls every function of the raw addon with wrong arguments, out of a seeded generator. Whatever it is given, a call
 * either works or throws an Error with a code of ours; a crash shows in this process's end. Prints what happened as JSON.
 *   node fuzz-addon.mjs SEED CALLS MODEL
 */
/* global structuredClone, MessageChannel, setImmediate */
import { readFileSync } from 'node:fs';
import { loadNative } from '#dist/libtorch/load.js';

const [, , seed, calls, model] = process.argv;
let state = Number(seed);
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];

const { addon } = await loadNative({ intraOpThreads: 1 });
const counts = { calls: 0, returned: 0, codes: {}, thrownByUs: 0, settledCodes: {} };
const thrownByUs = new Error('from a getter');
const trap = () => {
  throw thrownByUs;
};

/** One call that must end in a value or in an error with a code. */
function attempt(name, args) {
  ++counts.calls;
  try {
    const value = addon[name](...args);
    ++counts.returned;
    return value;
  } catch (error) {
    if (error === thrownByUs) {
      ++counts.thrownByUs; // a getter's own error comes through unchanged
    } else if (!(error instanceof Error) || !/^ERR_[A-Z_]+$/.test(error.code) || error.code === 'ERR_INTERNAL') {
      throw new Error(`${name} threw ${error.code ?? 'no code'}: ${error}`, { cause: error });
    } else {
      counts.codes[error.code] = (counts.codes[error.code] ?? 0) + 1;
    }
    return undefined;
  }
}

const settled = new Map();
const onSettled = (group, more) => {
  if (more) setImmediate(() => addon.deliver());
  for (let i = 0; i < group.length; i += 6) {
    settled.get(group[i])?.({ error: group[i + 1], value: group[i + 2] });
    const code = group[i + 1] ? group[i + 1].code : 'none';
    if (code !== 'none' && !/^ERR_[A-Z_]+$/.test(code)) throw new Error(`settled without a code: ${code}`);
    counts.settledCodes[code] = (counts.settledCodes[code] ?? 0) + 1;
  }
};
const outcome = (id) => new Promise((resolve) => settled.set(id, resolve));

const detached = new Float32Array(4);
structuredClone(detached.buffer, { transfer: [detached.buffer] });
const shrunk = new ArrayBuffer(64, { maxByteLength: 128 });
const outside = new Float32Array(shrunk, 32, 4);
const tracking = new Float32Array(shrunk);
shrunk.resize(8);
const { port1, port2 } = new MessageChannel(); // objects of another native class
port1.unref();
port2.unref();
const cycle = [];
cycle.push(cycle);
const hostileLength = [1, 2, 3];
Object.defineProperty(hostileLength, 1, { get: trap });
const shrinking = [1, 2, 3];
Object.defineProperty(shrinking, 0, { get: () => ((shrinking.length = 1), 1) });

const atoms = [
  ...[undefined, null, true, false, 0, -0, 1, -1, 0.5, 2, 7, NaN, Infinity, -Infinity, 1e300, -1e300, 2 ** 31, 2 ** 32],
  ...[
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    1n,
    -1n,
    2n ** 63n,
    2n ** 64n,
    '',
    'forward',
    'float32',
    'cpu',
    '\ud800',
    'x'.repeat(1e5),
  ],
  ...[
    Symbol('s'),
    () => 1,
    class Empty extends Object {},
    {},
    [],
    [[]],
    [1, 'a'],
    new Array(1e6),
    cycle,
    hostileLength,
    shrinking,
  ],
  ...[new Float32Array(4), new Uint8Array(3), new BigInt64Array(1), detached, outside, tracking, new DataView(shrunk)],
  ...[
    new ArrayBuffer(8),
    shrunk,
    detached.buffer,
    new SharedArrayBuffer(8),
    new Float32Array(new SharedArrayBuffer(16)),
  ],
  ...[
    new Date(),
    new Map([[1, 2]]),
    new Proxy([], { get: trap }),
    new Proxy({}, {}),
    Object.freeze({}),
    Object.create(null),
  ],
  ...[
    {
      get keys() {
        return trap();
      },
    },
    { keys: [], values: 5 },
    { keys: [1], values: [] },
    { keys: ['a'], values: [1] },
  ],
  ...[port1, process, globalThis, new WeakRef({}), Promise.resolve(), /x/, new Error('e'), Object(1n), Object('s')],
];
const shapes = [
  [4],
  [2, 2],
  [-1],
  [0],
  [],
  [2 ** 53],
  [2 ** 62, 4],
  [NaN],
  ['4'],
  4,
  null,
  new Array(33).fill(1),
  [0, 2 ** 62, 2 ** 62],
];
const dtypes = ['float32', 'float64', 'float16', 'int8', 'int64', 'uint64', 'bool', 'nope', 5, undefined];
const good = () => ({ dtype: 'float32', shape: [1, 4], data: new Float32Array(4) });
const tensor = () => ({
  ...good(),
  ...pick([{}, { dtype: pick(dtypes) }, { shape: pick(shapes) }, { data: pick(atoms) }]),
});
const anything = (depth = 0) => {
  const kind = random(10);
  if (kind === 0) return tensor();
  if (kind === 1 && depth < 3) return Array.from({ length: random(4) }, () => anything(depth + 1));
  if (kind === 2 && depth < 3) return { keys: [anything(depth + 1)], values: [anything(depth + 1)] };
  return pick(atoms);
};

const bytes = readFileSync(model);
const options = {
  bytes: new ArrayBuffer(0),
  device: 'cpu',
  precision: 'auto',
  outputDtype: 'float32',
  optimize: 'freeze',
  autograd: 'auto',
  operatorLibraries: [],
  package: undefined,
};
// Where the parts of an exported program lie in the bytes, as src/engines/export/package.ts says.
const program = () => {
  const place = () => pick([undefined, null, [0, 0], [0, 16], [8, 1e12], [-1, 4], [0.5, 1], anything()]);
  const members = {
    json: place(),
    weights: place(),
    constants: place(),
    files: pick([{ keys: [], values: [] }, anything()]),
  };
  return { keys: Object.keys(members), values: Object.values(members) };
};
// A compiled package as src/engines/aoti/check-package.ts describes it, of a folder that is not there.
const dict = (members) => ({ keys: Object.keys(members), values: Object.values(members) });
const description = () =>
  dict({
    path: '/nowhere',
    model: 'model',
    device: pick(['cpu', 'cuda', 'toaster']),
    symbols: [[0, pick([8, -1, 2 ** 41, NaN])]],
    inputs: [
      dict({
        name: 'x',
        dtype: pick(['float32', 'complex64']),
        shape: [[pick([0, -1, 1]), 1, 0]],
        order: [pick([0, 1])],
      }),
    ],
  });
const artifact = () => {
  const buffer = addon.allocateArtifact(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
};

// Before initialise() nothing works, and a wrong first initialise() leaves it so.
for (const name of ['createModel', 'holdLoop']) attempt(name, [1, 1]);
for (const wrong of atoms.filter((value) => typeof value !== 'function')) {
  if (attempt('initialise', [wrong, 1, 1]) !== undefined)
    throw new Error(`initialise took ${String(wrong)} as a function`);
}
for (const wrong of [0, -1, NaN, 2 ** 31, 1e300, '1', undefined]) {
  if (attempt('initialise', [onSettled, wrong, 1]) !== undefined) throw new Error(`initialise took ${wrong} threads`);
}
addon.initialise(onSettled, 1, 1);

const loaded = addon.createModel(1, 2);
const loading = outcome(1e9);
addon.load(1e9, loaded, { ...options, bytes: artifact() });
addon.holdLoop(true);
const { error: loadError } = await loading;
if (loadError) throw new Error(`a good load failed: ${loadError.message}`);

async function expectGoodRun() {
  // The fuzz may have disposed the model or filled its queue: one of its own.
  const handle = addon.createModel(1, 2);
  const answers = [outcome(1e9 + 1), outcome(1e9 + 2)];
  addon.holdLoop(true);
  addon.load(1e9 + 1, handle, { ...options, bytes: artifact() });
  addon.run(1e9 + 2, handle, 'forward', [good()], -1, false);
  for (const { error } of await Promise.all(answers)) if (error) throw new Error(`a good run failed: ${error.message}`);
  const numbers = Float64Array.of(1, 0, 2, 1, 4, 0, 0, 0);
  const answer = addon.runTensors(handle, 'forward', numbers, new Uint8Array(64), new Float32Array(4));
  if (answer !== true) throw new Error(`a good run of flat arguments answered ${JSON.stringify(answer)}`);
}

const handles = [loaded];
const someHandle = () => {
  if (handles.length === 0 || random(4) === 0) return anything();
  const handle = pick(handles);
  return pick([handle, handle, handle, Object.create(handle), new Proxy(handle, {}), { ...handle }]);
};
let nextId = 1;
const right = {
  initialise: () => [onSettled, 1, 1],
  runtimeInfo: () => [],
  readRuntimeInfo: () => [nextId++],
  manualSeed: () => [nextId++, pick([0n, 1n, 2n ** 64n - 1n, 2n ** 64n, -1n, 1])],
  busy: () => [someHandle()],
  allocateArtifact: () => [pick([0, 1, 64, 1000])],
  releaseArtifact: () => [pick([artifact(), addon.allocateBytes(8), new ArrayBuffer(8), anything()])],
  isFree: () => [pick([artifact(), addon.allocateBytes(8), new ArrayBuffer(8), anything()])],
  deviceFailures: () => [],
  dtypes: () => [],
  exportOperators: () => [],
  parseNumbers: () => [
    Buffer.from(pick(numbers)),
    pick([0, 0, 0, 1, 100]),
    new Float32Array(random(5)),
    new Float64Array(3),
  ],
  allocateBytes: () => [pick([0, 1, 64, 1000])],
  deliver: () => [],
  holdLoop: () => [false],
  createModel: () => [1, 2],
  load: () => [
    nextId++,
    someHandle(),
    {
      ...options,
      bytes: pick([artifact(), new ArrayBuffer(8), bytes, anything()]),
      operatorLibraries: pick([[], [], [], [''], ['libc.so.6'], ['/dev/null'], [model], [anything()]]),
      package: pick([undefined, undefined, description(), anything()]),
      program: pick([undefined, undefined, program(), anything()]),
    },
  ],
  run: () => [
    nextId++,
    someHandle(),
    pick(['forward', 'nothing']),
    [tensor()],
    null,
    pick([-1, 0, 5]),
    random(2) === 0,
  ],
  runHere: () => [someHandle(), pick(['forward', 'nothing']), [tensor()]],
  runTensors: () => {
    const numbers = Float64Array.of(1, 0, 2, 1, 4, 0, 0, 0, 0, 0, 0, 0);
    const odd = [-1, 0.5, NaN, Infinity, 2, 12, 13, 32, 33, 2 ** 53, 2 ** 62, 1e300];
    if (random(2) === 0) numbers[random(6)] = pick(odd);
    return [
      ...[someHandle(), pick(['forward', 'nothing'])],
      pick([
        numbers,
        numbers,
        numbers,
        numbers.subarray(0, random(8)),
        new Float64Array(new SharedArrayBuffer(96)),
        anything(),
      ]),
      pick([new Uint8Array(64), new Uint8Array(64), new Uint8Array(3), anything()]),
      pick([new Float32Array(4), new Float32Array(4), tensor().data, anything()]),
    ];
  },
  cancel: () => [random(nextId), someHandle()],
  dispose: () => [nextId++, someHandle()],
  reportMemory: () => [someHandle(), pick([0, 1000])],
  lockFile: () => [pick(['/nowhere/lock', '/', model, 'relative'])],
  unlockFile: () => [pick([-1, 0, 1, 20, 1e9])],
};
const numbers = [
  '[1, 2.5, -3e-2]',
  '[',
  '[1',
  '[1,',
  '',
  '[]',
  '[1e999]',
  '[-]',
  '[1.]',
  '["a"]',
  `[${'9'.repeat(400)}]`,
  ' [0]',
];
const names = Object.keys(right);
const unknown = Object.keys(addon).filter((name) => !names.includes(name) && name !== 'shutdown');
if (unknown.length > 0) throw new Error(`the addon exports ${unknown}, which this test does not know`);

async function fuzz(count) {
  for (let i = 0; i < count; ++i) {
    const name = pick(names);
    const args = right[name]();
    // Before anything else: later the options may be something whose getters throw.
    if (name === 'load' && random(3) === 0) args[2] = { ...args[2], [pick(Object.keys(options))]: anything() };
    for (let k = random(4) - 1; k > 0 && args.length > 0; --k) args[random(args.length)] = anything();
    if (random(10) === 0) args.length = random(args.length + 1);
    if (random(10) === 0) args.push(anything());
    const value = attempt(name, args);
    if (name === 'createModel' && value !== undefined) {
      handles.push(value);
      if (handles.length > 4) attempt('dispose', [nextId++, handles.shift()]);
    }
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
await fuzz(Number(calls));

await expectGoodRun(); // whatever happened, a good model still works

addon.shutdown();
await fuzz(Number(calls) / 10); // nothing works any more, and nothing crashes
addon.shutdown();
addon.holdLoop(false);
console.log(JSON.stringify(counts));
