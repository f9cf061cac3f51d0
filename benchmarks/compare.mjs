#!/usr/bin/env node
// node benchmarks/compare.mjs --before DIR --after DIR [--rounds N] [--only predict,prepare,queue,run] [--json]
// Two built trees against each other in one run: A B, B A, A B, … so that whatever slows the machine slows both. Each
// subject's numbers are ratios after / before of single rounds; their median counts, and below 1 the new tree is cheaper.
// `quiet` compares the lower quartiles instead: neighbours only ever make a round dearer.
//   predict   CPU of the server per POST /predict at 64 connections
//   prepare   checking and copying a call for a batch
//   queue     a call of BatchQueue from 64 callers
//   run       model.run, one after the other
// Two minutes and a half with 20 rounds. Nothing else should use the machine.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuNs, warnOfForeign, watchCpu } from './lib/machine.mjs';
import { say } from './lib/paths.mjs';
import { Connection, requestBytes } from './lib/raw-client.mjs';
import { requestOf } from './lib/rows.mjs';
import { startOurs } from './lib/server.mjs';
import { median, quantile } from './lib/stats.mjs';
import { short, textTable } from './lib/table.mjs';

const connections = 64;
const body = requestOf('json', 784);

/** A tree's server, with a load of its own. */
async function server(tree) {
  const { pid, port, stop } = await startOurs([], {}, join(tree, 'dist'));
  const url = `http://127.0.0.1:${port}/predict`;
  const bytes = requestBytes(url, body);
  const clients = Array.from({ length: connections }, () => new Connection(url));
  const requests = (client, until) =>
    new Promise((done, failed) => {
      let count = 0;
      const next = () =>
        client.send(bytes, (status) => {
          if (status !== 200) failed(new Error(`POST /predict was answered ${status}`));
          else if (++count && performance.now() < until) next();
          else done(count);
        });
      next();
    });
  return {
    pid,
    async measure(seconds) {
      const until = performance.now() + seconds * 1000;
      const before = cpuNs(pid);
      const counts = await Promise.all(clients.map((client) => requests(client, until)));
      return { cpuUs: (cpuNs(pid) - before) / 1000 / counts.reduce((sum, count) => sum + count) };
    },
    async stop() {
      for (const client of clients) client.close();
      await stop();
    },
  };
}

/** A tree's library in a process; one for all subjects that are not HTTP. */
async function library(tree, subject) {
  const child = fork(join(import.meta.dirname, 'lib/compare-child.mjs'), [tree], {
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${subject} ended with code ${code}`)));
  ended.catch(() => {});
  const answer = () => Promise.race([once(child, 'message').then(([message]) => message), ended]);
  await answer();
  return {
    pid: child.pid,
    measure(seconds) {
      const found = answer();
      child.send({ subject, seconds });
      return found;
    },
    stop: () => void child.kill(),
  };
}

const subjects = {
  predict: { start: server, seconds: 0.75 },
  prepare: { start: library, seconds: 0.25 },
  queue: { start: library, seconds: 0.5 },
  run: { start: library, seconds: 0.5 },
};

/** Every round's numbers of both trees. */
async function compare(name, trees, rounds) {
  const { start, seconds } = subjects[name];
  const sides = [];
  try {
    for (const tree of trees) sides.push(await start(tree, name));
    for (const side of sides) await side.measure(4 * seconds);
    const found = sides.map(() => []);
    const stop = watchCpu(sides.map(({ pid }) => pid));
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      for (const side of order) found[side].push(await sides[side].measure(seconds));
    }
    warnOfForeign(name, stop());
    return found;
  } finally {
    for (const side of sides) await side.stop();
  }
}

/** One line for each number: the medians of both, and the ratio. */
function lines(name, [before, after]) {
  return Object.keys(before[0]).map((measure) => {
    const ofRounds = (rounds) => rounds.map((round) => round[measure]).sort((a, b) => a - b);
    const [old, now] = [ofRounds(before), ofRounds(after)];
    const ratios = before.map((one, round) => after[round][measure] / one[measure]).sort((a, b) => a - b);
    return {
      ...{ name, measure, before: median(old), after: median(now) },
      ratio: median(ratios),
      quiet: quantile(now, 0.25) / quantile(old, 0.25),
      ...{ least: ratios[0], most: ratios.at(-1) },
    };
  });
}

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    after: { type: 'string' },
    rounds: { type: 'string', default: '20' },
    only: { type: 'string', default: Object.keys(subjects).join(',') },
    json: { type: 'boolean', default: false },
  },
});
if (!values.before || !values.after) throw new Error('expected --before DIR and --after DIR, two built trees');
const trees = [resolve(values.before), resolve(values.after)];
const results = [];
for (const name of values.only.split(',')) {
  if (!subjects[name]) throw new Error(`unknown subject ${name}; known are ${Object.keys(subjects).join(', ')}`);
  say(name);
  results.push(...lines(name, await compare(name, trees, Number(values.rounds))));
}
if (values.json) console.log(JSON.stringify(results, null, 2));
else {
  const heading = ['subject', 'measure', 'before', 'after', 'after / before', 'quiet', 'least', 'most'];
  const fixed = (ratio) => ratio.toFixed(3);
  const cells = results.map(({ name, measure, before, after, ratio, quiet, least, most }) => [
    ...[name, measure, short(before), short(after)],
    ...[ratio, quiet, least, most].map(fixed),
  ]);
  console.log(textTable([heading, ...cells]));
}
