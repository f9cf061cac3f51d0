/**
 * The batching queue under a million random requests: every promise settles once, every caller gets its own rows, order
 * and bounds hold (test/support/queue-model.ts). `--requests 100000` asks for fewer; the seed is printed and can be given.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { play } from '../../build-test/support/queue-model.js';

const { values } = parseArgs({ options: { requests: { type: 'string' }, seed: { type: 'string' } } });
const wanted = Number(values.requests ?? 1_000_000);
let state = Number(values.seed ?? Date.now() % 2 ** 32) >>> 0;
console.log(`seed ${state}`);

/** xorshift32: reproducible, and good enough to pick cases with. */
function random(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}
const oneOf = (...choices) => choices[random(choices.length)];

function plan() {
  const maxBatchSize = oneOf(1, 4, 8, 32);
  const calm = random(3) === 0; // no failures: the order of starts is checked
  return {
    options: {
      maxBatchSize,
      maxDelayMs: oneOf(0, 0, 2),
      maxQueueSize: oneOf(64, 1024, 16384),
      maxQueueBytes: oneOf(16384, 1e8),
      agingMs: oneOf(0, 5, 100),
      ...(random(3) === 0 && { allowedBatchSizes: [...new Set([1, maxBatchSize])] }),
    },
    instances: 1 + random(3),
    maxPending: random(4),
    runMs: oneOf(0, 0, 0, 1, 2),
    requests: Array.from({ length: 2000 }, () => ({
      rows: 1 + random(oneOf(1, 4, 12)),
      width: oneOf(1, 1, 1, 3),
      priority: oneOf(0, 0, 0, 1, 3, 10),
      after: random(400),
      abortAfterMs: random(10) === 0 ? random(10) : undefined,
      timeoutMs: random(10) === 0 ? 1 + random(20) : undefined,
      poison: !calm && random(200) === 0,
    })),
  };
}

const endings = {};
let requests = 0;
const started = performance.now();
while (requests < wanted) {
  const examples = [plan(), plan(), plan(), plan()]; // side by side: most of the time is spent waiting
  for (const ended of await Promise.all(examples.map(play))) {
    for (const [ending, count] of Object.entries(ended)) {
      endings[ending] = (endings[ending] ?? 0) + count;
      requests += count;
    }
  }
}
console.log({ requests, seconds: Math.round((performance.now() - started) / 1000), endings });
