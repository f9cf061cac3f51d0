// library-child.mjs DIR: a built tree's library in a process of its own. For each message { subject, seconds } it measures once and
// answers with the costs, or with { error } where this tree has no such thing. It reaches the tree through its public API; `prepare` and
// `collate` reach inside.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { costs, drive, repeat } from './load.mjs';
import { models } from './models.mjs';
import { rowTensorData } from './rows.mjs';

/** Ways to check and copy a call for a batch, the newest first: the first that a tree's model has is taken. */
const preparations = {
  prepare: (model, input) => model.prepare('forward', [input]),
  bind: (model, input) => model.bind('forward', [input]),
};

const tree = process.argv[2];
const load = (file) => import(pathToFileURL(join(tree, 'dist', file)).href);
const { BatchQueue, loadModel, runtime, Tensor } = await load('index.js');
runtime.configure({ intraOpThreads: 1 });
// As a record has it, so that calls are checked as in serving.
const signature = {
  inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }],
  outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 10] }],
};
const model = await loadModel(models.mlp.path, { signature });
const input = new Tensor('float32', rowTensorData(784), [1, 784]);
await model.warmup({ example: input, batchSizes: [1, 32] });
const queue = new BatchQueue(model, { maxBatchSize: 32 });

async function collation() {
  const { gather, scatter, slabPool } = await load('model/collate.js');
  const { prepareCall } = await load('model/call.js');
  const pool = slabPool(
    (bytes) => new ArrayBuffer(bytes),
    () => true,
  );
  const calls = Array.from({ length: 32 }, () => prepareCall('forward', [input]));
  const result = new Tensor('float32', new Float32Array(320), [32, 10]);
  return () => {
    for (const slab of gather(calls, 0, pool).slabs) pool.give(slab);
    scatter(result, calls, 32);
  };
}

/** What is called, made when it is first asked for. */
const makers = {
  prepare() {
    const found = Object.entries(preparations).find(([name]) => typeof model[name] === 'function')?.[1];
    if (!found) throw new Error('this tree prepares calls in another way');
    return () => found(model, input);
  },
  collate: collation,
};
const made = new Map();
const small = async (name) => {
  if (!made.has(name)) made.set(name, await makers[name]());
  return made.get(name);
};

const measured = {
  'queue-64': (seconds) => drive(() => queue.run(input), 64, seconds),
  run: (seconds) => drive(() => model.run(input), 1, seconds),
  prepare: async (seconds) => repeat(await small('prepare'), seconds),
  collate: async (seconds) => repeat(await small('collate'), seconds, 10),
};

/** Runs on the calling thread so far; undefined in a tree that has none. */
const runsHere = () => model.stats?.().inline?.runs;

async function answer({ subject, seconds }) {
  try {
    const call = measured[subject];
    const [before, here] = [process.cpuUsage(), runsHere()];
    const driven = await call(seconds);
    const { user, system } = process.cpuUsage(before);
    const found = costs(driven, (user + system) * 1000);
    // What one disturbed run does to the others: for a while they go to a worker, which is another measurement.
    return subject === 'run' && here !== undefined ? { ...found, inline: (runsHere() - here) / found.calls } : found;
  } catch (error) {
    return { error: error.message };
  }
}

process.on('message', async (message) => {
  if (message.subject) process.send(await answer(message));
});
// A preload may have said that the channel keeps nothing alive.
process.channel.ref();
process.on('disconnect', () => process.exit(0));
process.send('ready');
