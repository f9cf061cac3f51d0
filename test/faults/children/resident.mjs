/**
 * How much resident memory a load leaves behind, in MiB: `node resident.mjs FILE HOW MOST LEFT`. Prints JSON. Nothing is collected by
 * force. A machine that is busy gets more time to come down to what is expected: MOST while the model is loaded, LEFT after it.
 */
/* global AbortSignal */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { loadModel, runtime } from 'node-libtorch';

const [, , file, how, most, left] = process.argv;
const engine = file.endsWith('.pt2') ? 'aotinductor' : 'torchscript';

const rss = () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);
/** Waits a moment, and for up to ten seconds until no more than so much has been added. */
async function settled(mib) {
  await pause(500);
  for (let i = 0; i < 100 && rss() - before > Number(mib); ++i) await pause(100);
  return rss();
}
const codeOf = (promise) =>
  promise.then(
    () => 'loaded',
    (error) => error.code ?? error.name,
  );

const ways = {
  path: async () => {
    const model = await loadModel(file);
    const loaded = await settled(most);
    await model.dispose();
    return { loaded, parameters: model.info.parameterBytes };
  },
  bytes: async () => {
    const model = await loadModel(given, { engine });
    const loaded = await settled(most);
    await model.dispose();
    return { loaded };
  },
  'wrong digest': async () => ({ code: await codeOf(loadModel(file, { sha256: '0'.repeat(64) })) }),
  'wrong device': async () => ({ code: await codeOf(loadModel(file, { device: 'cuda' })) }),
  'wrong signature': async () => {
    const input = { name: 'x', dtype: 'float32', shape: null };
    const signature = { inputs: [input, { ...input, name: 'y' }, { ...input, name: 'z' }], outputs: [] };
    return { code: await codeOf(loadModel(file, { signature })) };
  },
  'aborted while it is read': () => aborted(20),
  'aborted while it is loaded': () => aborted(150),
  'many times': async () => {
    for (let i = 0; i < 5; ++i) await (await loadModel(file)).dispose();
    return {};
  },
};

async function aborted(ms) {
  const code = await codeOf(loadModel(file, { signal: AbortSignal.timeout(ms) }));
  await pause(1000); // the load ends in the background
  return { code };
}

await runtime.info();
// Small things that stay for good: the first load's.
await (await loadModel('test/fixtures/torchscript/linear.pt')).dispose();
const given = how === 'bytes' ? readFileSync(file) : undefined;
const before = rss();
const found = await ways[how]();
console.log(JSON.stringify({ before, after: await settled(left), ...found }));
