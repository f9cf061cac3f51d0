/**
 * More runs end at once than one turn tells of, and JavaScript fails with the first group, before it asks for the rest.
 * Prints how many were told of.
 */
import { loadNative } from '#dist/libtorch/load.js';

const RUNS = 5000;
const { addon } = await loadNative({ intraOpThreads: 1 });
let told = 0;
let groups = 0;
let failed = 0;
let finish;
const done = new Promise((resolve) => (finish = resolve));

addon.initialise(
  (group, more) => {
    told += group.length / 6;
    ++groups;
    if (told === RUNS) finish();
    if (!more) return;
    ++failed;
    throw new Error('before it asked for more');
  },
  1,
  1,
);
addon.holdLoop(true);
const handle = addon.createModel(1, RUNS);
// Without a model each ends at once, with an error. None is told of while this loop runs.
for (let id = 1; id <= RUNS; ++id) addon.run(id, handle, 'forward', [], -1, false);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
const given = setTimeout(finish, 20_000);
await done;
clearTimeout(given);
console.log(JSON.stringify({ told, groups, failed }));
process.exit(0);
