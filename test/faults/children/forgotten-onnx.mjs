// node --expose-gc forgotten-onnx.mjs MODEL MODE: loads that leave nothing behind, ten times. Prints threads and live models.
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { loadModel, runtime, Tensor } from 'node-libtorch';

const [model, mode] = process.argv.slice(2);
const x = new Tensor('float32', new Float32Array(4), [1, 4]);
const ways = {
  forgotten: async () => void (await loadModel(model)),
  // What was asked is answered, and the model lives as long as somebody waits.
  answered: async () => {
    const promise = (await loadModel(model)).run(x);
    globalThis.gc();
    await setTimeout(20);
    globalThis.gc();
    if ((await promise).shape.join() !== '1,3') throw new Error('no answer');
  },
  aborted: async (i) => {
    const controller = new AbortController();
    const loading = loadModel(model, { signal: controller.signal }).catch(() => undefined);
    await setTimeout(i * 10);
    controller.abort();
    await loading;
  },
  failed: async () => void (await loadModel(model, { precision: 'bf16' }).catch(() => undefined)),
  // Disposed and then forgotten: not freed twice.
  disposed: async () => (await loadModel(model)).dispose(),
};
const threads = () => readdirSync('/proc/self/task').length;
const settled = async (isSettled) => {
  for (let i = 0; i < 200 && !isSettled(); ++i) {
    globalThis.gc();
    await setTimeout(25);
  }
};
await ways.disposed(); // starts what lives as long as the process
const before = threads();
for (let i = 0; i < 10; ++i) await ways[mode](i);
await settled(() => threads() <= before);
console.log(JSON.stringify({ more: threads() - before, live: (await runtime.info()).models.length }));
