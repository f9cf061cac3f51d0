#!/usr/bin/env node
// node benchmarks/http.mjs [--quick]: `node-libtorch serve` with the digit model, over loopback, beside a bare server.
// Server and client share the machine. The server logs at level info, into a file.

import { fileURLToPath } from 'node:url';
import { closedLoop } from './lib/closed-loop.mjs';
import { openCapacity, openLoop } from './lib/open-loop.mjs';
import { loopDelayP99Ms } from './lib/loop-delay.mjs';
import { say } from './lib/paths.mjs';
import { entry } from './lib/results.mjs';
import { requestOf } from './lib/rows.mjs';
import { startOurs, startReference } from './lib/server.mjs';
import { rounded, spreads } from './lib/stats.mjs';
import { resultsTable, textTable } from './lib/table.mjs';

const json = requestOf('json', 784);

/** Kinds of body that this version of the server takes; binary ones came later than JSON. */
async function kindsOf(url) {
  const { headers, body } = requestOf('binary', 784);
  const answer = await globalThis.fetch(url, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  return answer.ok ? ['json', 'binary'] : ['json'];
}

export async function http({ quick = false } = {}) {
  const [seconds, rounds] = quick ? [1, 3] : [3, 3];
  const ours = await startOurs();
  const reference = await startReference();
  const url = `http://127.0.0.1:${ours.port}/predict`;
  try {
    const kinds = await kindsOf(url);
    const cases = kinds.flatMap((kind) => [1, 8, 64].map((connections) => ({ kind, connections })));
    // The binary body matters where the body does: under load.
    const chosen = quick ? cases.filter(({ kind, connections }) => kind === 'json' || connections === 64) : cases;
    const found = new Map(
      chosen.map((each) => [`http/mlp/${each.kind}-c${each.connections}`, { ...each, rounds: [] }]),
    );
    for (let round = 0; round < rounds; round++) {
      for (const [label, each] of found) {
        const { connections } = each;
        const common = { connections, seconds, warmup: quick ? 0.4 : 1 };
        say(`${label}, round ${round + 1}`);
        await loopDelayP99Ms(ours.port);
        const own = await closedLoop({ label, url, request: requestOf(each.kind, 784), pid: ours.pid, ...common });
        each.rounds.push({
          ours: { ...own, loopDelayP99Ms: rounded(await loopDelayP99Ms(ours.port)) },
          reference: await closedLoop({
            label: 'bare server',
            url: `http://127.0.0.1:${reference.port}/`,
            request: json,
            pid: reference.pid,
            ...common,
          }),
        });
      }
    }
    const results = Object.fromEntries(
      [...found].map(([label, each]) => {
        const { rssMiB, cpuUsPerRequest, foreignCores, stealCores, p99, loopDelayP99Ms } = spreads(
          each.rounds.map((pair) => pair.ours),
        );
        const more = { p99, loopDelayP99Ms, cpuUsPerRequest, rssMiB, foreignCores, stealCores };
        return [label, entry(each.rounds, more)];
      }),
    );
    const open = quick ? [] : await constantRates(ours);
    return { results, open, readySeconds: ours.readySeconds };
  } finally {
    await ours.stop();
    await reference.stop();
  }
}

/**
 * Latency at loads that a server is run at, with nothing left out; and at the same rates that of a bare server that answers a
 * constant: so much of it is the client's and the machine's.
 */
async function constantRates({ port, pid }) {
  const bare = await startReference('constant');
  try {
    return await ratesOf({ port, pid }, bare);
  } finally {
    await bare.stop();
  }
}

async function ratesOf({ port, pid }, bare) {
  const url = `http://127.0.0.1:${port}/predict`;
  say('open loop: the highest rate that is kept up with');
  const { open: capacity } = await openCapacity({ label: 'open loop', url, request: json, pid });
  const runs = [];
  for (const share of [0.25, 0.5, 0.8]) {
    say(`open loop, ${share * 100} % of the measured capacity`);
    const options = { label: `open loop ${share}`, url, request: json, rate: capacity * share, pid };
    await openLoop({ ...options, seconds: 1 });
    await loopDelayP99Ms(port);
    const run = await openLoop({ ...options, seconds: 10 });
    const delay = rounded(await loopDelayP99Ms(port));
    const other = { label: `bare server ${share}`, url: `http://127.0.0.1:${bare.port}/`, pid: bare.pid };
    const { p50, p99 } = await openLoop({ ...options, ...other, seconds: 5 });
    runs.push({ share, ...run, loopDelayP99Ms: delay, bare: { p50, p99 } });
  }
  return runs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { results, open, readySeconds } = await http({ quick: process.argv.includes('--quick') });
  console.log(textTable(resultsTable(results)));
  console.log(JSON.stringify({ readySeconds, open, results }, null, 1));
}
