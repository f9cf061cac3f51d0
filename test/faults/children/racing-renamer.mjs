// A thread that puts one of two files in a place, again and again: hard links that are renamed over what is there.
import { linkSync, renameSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const { files, place, scratch } = workerData;
const until = new Int32Array(workerData.stop);
let swaps = 0;
while (Atomics.load(until, 0) === 0) {
  linkSync(files[swaps % files.length], scratch);
  renameSync(scratch, place);
  // Some stay for longer, so that whole loads happen between two swaps too.
  Atomics.wait(until, 0, 0, swaps % 7 === 0 ? 3 : 0.05);
  swaps++;
}
parentPort.postMessage(swaps);
