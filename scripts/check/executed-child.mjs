// The process that executed-files.mjs looks into: `executed-child.mjs predict|run DIST`. It answers `reset`, `take` (the
// files in which a function was called since) and `run`. V8 counts calls exactly only when it is asked to before the code is loaded.

import { Session } from 'node:inspector/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../steps/context.mjs';

const [subject, dist] = process.argv.slice(2);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** Files of dist/, sorted. Counters begin anew with each call. */
async function executed() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => url.startsWith(pathToFileURL(dist + sep).href))
    .filter(({ functions }) => functions.some(isCalled))
    .map(({ url }) => relative(dist, fileURLToPath(url)).replaceAll(sep, '/'))
    .sort();
}

/** The whole module is a function too, and is not meant; a function that goes on after an await counts by its blocks. */
function isCalled({ functionName, ranges }) {
  const isModule = functionName === '' && ranges[0].startOffset === 0;
  return !isModule && ranges.some(({ count }) => count > 0);
}

const load = (name) => import(pathToFileURL(join(dist, name)).href);
const { loadModel, ModelHost, Tensor } = await load('index.js');

const subjects = {
  async predict() {
    const { createLogger, createServer } = await load('server/index.js');
    const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: {} }] });
    if (!host.model().queue) throw new Error('the digit model is served without a queue');
    const server = await createServer({ host, port: 0, logger: createLogger() });
    return { ready: { url: `${server.url}/predict` }, run: () => undefined };
  },
  async run() {
    const model = await loadModel(join(root, 'models/mnist-mlp/v1.0/model.pt'));
    const input = new Tensor('float32', new Float32Array(784), [1, 784]);
    return { ready: {}, run: () => model.run(input) };
  },
};

const { ready, run } = await subjects[subject]();
const commands = {
  reset: async () => void (await executed()),
  take: executed,
  run: async () => void (await run()),
};
process.on('message', async (command) => process.send((await commands[command]()) ?? {}));
process.send(ready);
