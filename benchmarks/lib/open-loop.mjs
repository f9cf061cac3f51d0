// An open loop over HTTP: requests at a constant rate, whether or not the earlier ones have been answered, as independent
// users send them. A latency counts from the moment the request was due, not from when it could be sent, so that a server
// that stalls is charged for everything it made late (no coordinated omission).

import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { residentMiB, warnOfForeign, watchCpu } from './machine.mjs';
import { Connection, requestBytes } from './raw-client.mjs';
import { percentiles, rounded } from './stats.mjs';

/**
 * @param rate requests per second
 * @param maxConnections beyond it a due request waits in the client, and its latency grows
 * @param sample called about once per second
 * @returns latencies of the 200s from their due time, of refusals also from their sending (`refusalMs`), counts, CPU
 */
export async function openLoop({ label, url, request, rate, seconds, maxConnections = 512, pid, sample }) {
  const bytes = requestBytes(url, request);
  const total = Math.max(1, Math.round(rate * seconds));
  const idle = [];
  const all = [];
  const waiting = [];
  const found = { latencies: [], lags: [], refusals: [], refusalsFromSend: [], statuses: {}, answered: 0 };
  let finished;
  const over = new Promise((resolve) => (finished = resolve));
  const state = new SharedArrayBuffer(4);
  // A request is sent at the tick after it was due. Finer ticks would cost more than they tell.
  const ticker = new Worker(new URL('ticker.mjs', import.meta.url), {
    workerData: { interval: Math.min(1, Math.max(0.25, 1000 / rate)), state },
  });
  await new Promise((resolve) => ticker.once('message', resolve));
  const stopCpu = watchCpu(pid ? [pid] : []);
  const start = performance.now();
  let due = 0;
  let lastSample = start;

  const settle = (connection, dueAt, sentAt, status) => {
    const now = performance.now();
    found.statuses[status] = (found.statuses[status] ?? 0) + 1;
    if (status === 200) found.latencies.push(now - dueAt);
    else if (status === 429 || status === 503) {
      found.refusals.push(now - dueAt);
      found.refusalsFromSend.push(now - sentAt);
    }
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else dispatch(connection, next);
    if (++found.answered === total) finished();
  };
  const dispatch = (connection, dueAt) => {
    const sentAt = performance.now();
    found.lags.push(sentAt - dueAt);
    connection.send(bytes, (status) => settle(connection, dueAt, sentAt, status));
  };
  ticker.on('message', () => {
    const now = performance.now();
    for (; due < total && start + (due * 1000) / rate <= now; due++) {
      const dueAt = start + (due * 1000) / rate;
      let connection = idle.pop();
      if (!connection && all.length < maxConnections) all.push((connection = new Connection(url)));
      if (connection) dispatch(connection, dueAt);
      else waiting.push(dueAt);
    }
    if (sample && now - lastSample >= 1000) {
      lastSample = now;
      sample(now - start);
    }
  });
  // Whatever has no answer this long after the last request was sent is counted as lost.
  const limit = globalThis.setTimeout(finished, seconds * 1000 + 35_000);
  await over;
  globalThis.clearTimeout(limit);
  const wall = (performance.now() - start) / 1000;
  const cpu = stopCpu();
  const rssMiB = pid ? residentMiB(pid) : undefined;
  Atomics.store(new Int32Array(state), 0, 1);
  Atomics.notify(new Int32Array(state), 0);
  for (const connection of all) connection.close();
  await ticker.terminate();
  warnOfForeign(label, cpu);
  const lag = percentiles(found.lags);
  return {
    rate: rounded(rate),
    seconds: rounded(wall),
    goodput: rounded(found.latencies.length / Math.max(wall, seconds)),
    ...percentiles(found.latencies),
    clientLagMs: { p50: lag.p50, p99: lag.p99 },
    statuses: found.statuses,
    lost: total - found.answered,
    ...(found.refusals.length > 0 && {
      refusalMs: percentiles(found.refusalsFromSend),
      refusalFromDueMs: percentiles(found.refusals),
    }),
    connections: all.length,
    ...(pid && {
      cpuUsPerRequest: rounded((cpu.serverCpuSeconds / total) * 1e6),
      serverCores: cpu.serverCores,
      rssMiB,
    }),
    clientCores: cpu.clientCores,
    foreignCores: cpu.foreignCores,
    stealCores: cpu.stealCores,
  };
}
