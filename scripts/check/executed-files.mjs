#!/usr/bin/env node
// node scripts/check/executed-files.mjs [--dist DIR] [--repeat N] [--json]
// Lists the files of dist/ in which at least one function executes during one POST /predict, and during one model.run, of
// the digit model. What runs when a module is loaded does not count, and neither does a request before the measured one.
//   --dist DIR   another tree's dist; only its index.js and server/index.js are asked for
//   --repeat N   so many requests, each measured alone (default 5); files that not all of them have are marked

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { root } from '../steps/context.mjs';

const { values } = parseArgs({
  options: {
    dist: { type: 'string', default: join(root, 'dist') },
    repeat: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const dist = resolve(values.dist);
const repeat = Number(values.repeat);
/** Until the engine, the queue's estimate and the sockets are warm. */
const warmCalls = 20;

/** A process that has one subject loaded and counts what it executes: `ask` sends it a command and waits for the answer. */
async function start(subject) {
  const child = fork(join(import.meta.dirname, 'executed-child.mjs'), [subject, dist], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that ran ${subject} ended with code ${code}`);
  });
  ended.catch(() => {});
  const message = () => Promise.race([once(child, 'message').then(([answer]) => answer), ended]);
  const ready = await message();
  const ask = (command) => {
    const answer = message();
    child.send(command);
    return answer;
  };
  return { ready, ask, lines: createInterface({ input: child.stdout }), stop: () => child.kill() };
}

/** Lists of files, one of each repeat. */
async function ofPredict() {
  const { ready, ask, lines, stop } = await start('predict');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = JSON.stringify({ input_data: Array.from({ length: 784 }, (_, i) => (i % 256) / 256) });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  /** One request, over when its answer is here and its log line is written. */
  const predict = async () => {
    const logged = once(lines, 'line');
    const [answer] = await once(request(ready.url, { method: 'POST', agent, headers }).end(body), 'response');
    answer.resume();
    await Promise.all([once(answer, 'end'), logged]);
    if (answer.statusCode !== 200) throw new Error(`POST /predict was answered ${answer.statusCode}`);
  };
  try {
    return await measure(predict, ask);
  } finally {
    agent.destroy();
    stop();
  }
}

async function ofRun() {
  const { ask, stop } = await start('run');
  try {
    return await measure(() => ask('run'), ask);
  } finally {
    stop();
  }
}

async function measure(once, ask) {
  for (let i = 0; i < warmCalls; i++) await once();
  const found = [];
  for (let i = 0; i < repeat; i++) {
    await ask('reset');
    await once();
    found.push(await ask('take'));
  }
  return found;
}

/** Every file of any repeat; `sometimes` those that a repeat lacks. */
function summary(found) {
  const files = [...new Set(found.flat())].sort();
  return { count: files.length, files, sometimes: files.filter((file) => !found.every((each) => each.includes(file))) };
}

const result = { predict: summary(await ofPredict()), run: summary(await ofRun()) };
if (values.json) console.log(JSON.stringify(result, null, 2));
else {
  const titles = { predict: 'POST /predict', run: 'model.run' };
  for (const [subject, { count, files, sometimes }] of Object.entries(result)) {
    console.log(`${titles[subject]}: ${count} files`);
    for (const file of files) console.log(`  ${file}${sometimes.includes(file) ? '  (not every time)' : ''}`);
  }
}
