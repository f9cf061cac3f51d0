/**
 * How much resident memory reloads leave behind, in MiB: `node reloads.mjs FILE TIMES`. Prints JSON. Nothing is collected by
 * force.
 */
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ModelHost, runtime } from 'node-libtorch';

const [, , file, times] = process.argv;
const rss = async () => {
  await pause(500);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);
};

// Small things that stay for good: the first load's.
const host = await ModelHost.open({ models: [{ file: 'test/fixtures/torchscript/linear.pt', warmup: false }] });
await host.load({ name: 'linear' });
const { signal } = new AbortController();
const before = await rss();
await host.load({ file, name: 'large', warmup: false }, { signal });
const loaded = await rss();
for (let i = 0; i < Number(times); ++i) await host.load({ name: 'large' }, { signal });
const reloaded = await rss();
await host.unload('large', undefined, { signal });
await host.unload('linear');
const unloaded = await rss();
const models = (await runtime.info()).models.length;
console.log(
  JSON.stringify({ before, loaded, reloaded, unloaded, models, listeners: getEventListeners(signal, 'abort').length }),
);
