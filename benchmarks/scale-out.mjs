#!/usr/bin/env node
// node benchmarks/scale-out.mjs [part …] [--seconds 60] [--rate 300] [--save]: several servers behind HAProxy with the configuration of deploy/haproxy, on
// loopback. Parts, all by default:
//   rolling   an open loop while each of three servers is restarted in turn: no request may fail
//   kill      an open loop while one of three is killed (SIGKILL): only requests that it had begun may fail
//   spread    an open loop without any of that: each server gets a third, ± 20 %
//   capacity  a closed loop: two servers against one with --workers 2, both behind HAProxy, alternated: at least 0.9 ×; and the latter without a proxy
// It ends with exit code 1 when one of them is not so. It cannot show growth beyond the cores of the machine.

import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { load } from './lib/generator.mjs';
import { startHaproxy } from './lib/haproxy.mjs';
import { width } from './lib/models.mjs';
import { resultsDir, say, writeJson } from './lib/paths.mjs';
import { provenance } from './lib/results.mjs';
import { requestOf } from './lib/rows.mjs';
import { startOurs } from './lib/server.mjs';
import { median, percentiles, rounded } from './lib/stats.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '300' },
    save: { type: 'boolean' },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const request = requestOf('json', width('mlp'));
const parts = { rolling, kill, spread, capacity };

/** As it ships: it says "not ready" for seven seconds before it refuses connections. */
const start = (port, ...flags) =>
  startOurs(['mnist-mlp', '--log-level', 'warn', '--pre-stop-delay-ms', '7000', ...flags], {}, undefined, { port });

const found = {};
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  if (!Object.hasOwn(parts, name))
    throw new Error(`Expected parts of ${Object.keys(parts).join(', ')} but received ${name}`);
  say(`${name} …`);
  found[name] = await parts[name]();
  console.log(name, JSON.stringify(found[name], null, 2));
}
if (values.save) await writeJson(join(resultsDir, 'scale-out.json'), { ...(await provenance()), ...found });
process.exitCode = Object.values(found).every(({ holds }) => holds) ? 0 : 1;

/** Three servers behind HAProxy, an open loop through it, and what is done to the servers meanwhile. */
async function loaded(disturb, lasting = seconds) {
  const servers = [await start(), await start(), await start()];
  const proxy = await startHaproxy(servers.map(({ port }) => port));
  try {
    // Health checks need a moment, and the first requests of a server are slower.
    const url = `http://127.0.0.1:${proxy.port}/predict`;
    await load({ url, request, rate, seconds: 2, connections: 256, opened: 16 });
    const before = await proxy.requests();
    const running = load({ url, request, rate, seconds: lasting, connections: 256, opened: 16 });
    const seen = await disturb?.(servers);
    const ran = await running;
    const after = await proxy.requests();
    const got = Object.fromEntries([...after].map(([name, count]) => [name, count - before.get(name)]));
    return { ...summary(ran), ...seen, requestsByServer: got };
  } finally {
    await proxy.stop();
    for (const server of servers) await end(server);
  }
}

function summary(ran) {
  const statuses = {};
  const latencies = [];
  const failures = [];
  ran.each((due, sent, done, status) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 200) latencies.push(done - due);
    else failures.push({ sent, done, status });
  });
  return { seconds: rounded(ran.seconds), rate, statuses, lost: ran.lost, latencyMs: percentiles(latencies), failures };
}

async function rolling() {
  const found = await loaded(async (servers) => {
    const restarts = [];
    await sleep(2000);
    for (const [i, server] of servers.entries()) {
      const from = performance.now();
      server.child.kill('SIGTERM');
      await ended(server);
      await server.stop();
      servers[i] = await start(server.port);
      restarts.push(rounded((performance.now() - from) / 1000));
      // It is in service when the next one leaves.
      await sleep(2000);
    }
    return { secondsOfRestarts: restarts };
  });
  return { ...found, holds: found.failures.length === 0 && found.lost === 0 };
}

/** A request of which the server had begun was sent before its end was seen: nothing that came later may fail. */
async function kill() {
  const found = await loaded(
    async (servers) => {
      await sleep(4000);
      const [, second] = servers;
      second.child.kill('SIGKILL');
      await ended(second);
      await second.stop();
      await sleep(4000);
      servers[1] = await start(second.port);
      return {};
    },
    Math.min(seconds, 20),
  );
  const seenAt = Math.min(...found.failures.map(({ done }) => done));
  const later = found.failures.filter(({ sent }) => sent > seenAt).length;
  return { ...found, failedLater: later, holds: later === 0 && found.lost === 0 };
}

async function spread() {
  const found = await loaded(undefined, Math.min(seconds, 15));
  const counts = Object.values(found.requestsByServer);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const worst = Math.max(...counts.map((count) => Math.abs(count - mean) / mean));
  return { ...found, worstPercent: rounded(worst * 100), holds: worst <= 0.2 && found.failures.length === 0 };
}

/**
 * Requests per second that a closed loop gets. All sides are up from the beginning, and bursts of a second are taken in turn: what else the machine
 * does, it does to all of them. The ratios within a turn are what counts.
 */
async function capacity() {
  const servers = { replicas: [], workers: [] };
  servers.replicas.push(await start(), await start());
  servers.workers.push(await start(undefined, '--workers', '2'));
  const proxies = {};
  try {
    for (const [name, all] of Object.entries(servers)) proxies[name] = await startHaproxy(all.map(({ port }) => port));
    const ports = {
      replicas: proxies.replicas.port,
      workers: proxies.workers.port,
      workersWithoutProxy: servers.workers[0].port,
    };
    const turns = [];
    for (let i = 0; i <= 12; i++) {
      const turn = {};
      for (const [name, port] of Object.entries(ports)) {
        const url = `http://127.0.0.1:${port}/predict`;
        const ran = await load({ url, request, seconds: 1, connections: 64 });
        turn[name] = ran.count / ran.seconds;
      }
      // The first turn warms up.
      if (i > 0) turns.push(turn);
    }
    const middle = (pick) => rounded(median(turns.map(pick)));
    const ratios = turns.map(({ replicas, workers: of }) => rounded(replicas / of));
    return {
      requestsPerSecond: Object.fromEntries(Object.keys(ports).map((name) => [name, middle((turn) => turn[name])])),
      ratios,
      ratio: rounded(median(ratios)),
      holds: median(ratios) >= 0.9,
    };
  } finally {
    for (const proxy of Object.values(proxies)) await proxy.stop();
    for (const server of Object.values(servers).flat()) await end(server);
  }
}

/** Nobody asks it any more: no drain. */
async function end(server) {
  server.child.kill('SIGKILL');
  await server.stop();
}

function ended({ child }) {
  return child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit');
}
