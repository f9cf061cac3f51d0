// The server that event-loop.mjs looks at: `event-loop-server.mjs DIST [FILE]`. Over IPC it answers `reset`, and `read` with
// the longest time since then that the event loop was held, in milliseconds, and with what JSON.parse of a valid body takes.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(resolve(dist), path)).href);
const { ModelHost } = await load('index.js');
const { createServer } = await load('server/index.js');
const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'] }] });
const server = await createServer({ host, port: 0, logger: false });

const resolution = 1;
const delays = monitorEventLoopDelay({ resolution });
delays.enable();
const valid = JSON.stringify({
  input_data: Array.from({ length: 214_000 }, (_, i) => (i * 0.6180339887498949) % 1),
}).slice(0, 4 * 2 ** 20);
const text = `${valid.slice(0, valid.lastIndexOf(','))}]}`;
const parseMs = () => {
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    JSON.parse(text);
    return performance.now() - begun;
  });
  return times.sort((a, b) => a - b)[2];
};
const commands = {
  reset: () => delays.reset(),
  read: () => ({
    heldMs: delays.max / 1e6 - resolution,
    parseMs: parseMs(),
    bytes: text.length,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
  }),
};
process.on('message', (command) => process.send(commands[command]() ?? {}));
process.on('disconnect', () => process.exit(0));
process.send({ url: server.url });
