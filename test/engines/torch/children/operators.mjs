/**
 * Loads a model that takes (Tensor, float), in a process or worker that has no operator library open, and tells.
 *   node operators.mjs MODEL [LIBRARY [ticks | held | workers | after BROKEN | replace OTHER]]
 */
/* global clearImmediate, setImmediate */
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { loadModel } from '#dist/engines/index.js';
import { runtime } from '#dist/engines/runtime.js';
import { Tensor } from '#dist/tensor/tensor.js';

const [, script, file, library, mode, other] = process.argv;
const operatorLibraries = library === undefined ? [] : [library];
const said = {};

async function attempt(libraries) {
  try {
    const model = await loadModel(file, { device: 'cpu', operatorLibraries: libraries });
    const x = Tensor.from([1, 2, 3]);
    said.output = [...(await model.call('forward', [x, 2])).data];
    await model.dispose();
  } catch ({ code, message }) {
    Object.assign(said, { code, message });
  }
}

if (mode === 'workers') {
  const answers = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const [answer] = await once(new Worker(script, { argv: [file, library] }), 'message');
      return JSON.stringify(answer);
    }),
  );
  Object.assign(said, { workers: answers.length, answers: new Set(answers).size });
} else if (mode === 'ticks') {
  await runtime.info(); // LibTorch itself is opened before the clock starts
  let longest = 0;
  let last = performance.now();
  const turn = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  await attempt(operatorLibraries);
  clearImmediate(timer);
  said.longest = longest;
} else if (mode === 'held') {
  // The library's initializer runs in a copy of the process first, then here; each waits for its release (held.cc).
  await runtime.info();
  said.seen = [];
  let isSettled = false;
  const loading = attempt(operatorLibraries).finally(() => (isSettled = true));
  while (!isSettled) {
    const entered = readdirSync(process.env.HOLD_FOLDER).filter((name) => name.startsWith('entered.'));
    for (const pid of entered.map((name) => name.slice('entered.'.length))) {
      const release = join(process.env.HOLD_FOLDER, `release.${pid}`);
      if (existsSync(release)) continue;
      const { operatorLibraries: open } = await runtime.info();
      said.seen.push({ here: Number(pid) === process.pid, open, isSettled });
      writeFileSync(release, '');
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await loading;
  said.open = (await runtime.info()).operatorLibraries;
} else if (mode === 'after') {
  await attempt([other]);
  await attempt(operatorLibraries);
} else if (mode === 'replace') {
  await attempt(operatorLibraries);
  copyFileSync(other, `${library}.new`);
  renameSync(`${library}.new`, library);
  await attempt(operatorLibraries);
} else await attempt(operatorLibraries);

if (isMainThread) console.log(JSON.stringify(said));
else parentPort.postMessage(said);
