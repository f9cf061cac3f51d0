/**
 * What can be done once per process: configure, load, look. Prints JSON on its last line of stdout.
 *   node runtime.mjs SETTINGS MODEL [late | info-first | print TEXT]
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadModel, runtime, Tensor } from 'node-libtorch';

const [, , settings, file, mode, text] = process.argv;
if (mode === 'info-first') await runtime.info();
if (mode !== 'late') runtime.configure(JSON.parse(settings));
await readFile(file); // starts libuv's pool, where nothing did yet
const before = threads();
const model = await loadModel(file, { device: 'cpu' });
let late;
try {
  if (mode === 'late') runtime.configure(JSON.parse(settings));
} catch (error) {
  late = error.code;
}
if (mode === 'print') {
  await model.call('forward', [new Tensor('float32', new Float32Array(2), [2]), text]);
} else {
  // A matrix product large enough to be shared out: OpenMP then starts one thread less than it may use.
  await model.call('forward', [new Tensor('float32', new Float32Array(256), [256]), 20]);
}
const { OMP_NUM_THREADS, MKL_NUM_THREADS } = process.env;
const started = threads() - before;
console.log(JSON.stringify({ info: await runtime.info(), started, OMP_NUM_THREADS, MKL_NUM_THREADS, late }));

function threads() {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
}
