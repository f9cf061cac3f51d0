// Worker thread of the open loop: says every `interval` milliseconds that it is time to look. Atomics.wait sleeps to the
// microsecond; setTimeout knows whole milliseconds only, and spinning would take a core from the server.

import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';

const { interval, state } = workerData;
const stopped = new Int32Array(state);
for (let next = performance.now(); ;) {
  next = Math.max(next + interval, performance.now());
  const ended = Atomics.wait(stopped, 0, 0, Math.max(0, next - performance.now()));
  if (ended === 'not-equal' || ended === 'ok') break;
  parentPort.postMessage(0);
}
