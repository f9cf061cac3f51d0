// An open loop over HTTP: requests at a constant rate, whether or not the earlier ones have been answered, as independent
// users send them. A latency counts from the moment the request was due, not from when it could be sent, so that a server
// that stalls is charged for everything it made late (no coordinated omission). The client is a program in C: what it costs
// is taken from the server where both share the cores, and what it is late itself is reported.

import { setInterval, clearInterval } from 'node:timers';
import { load } from './generator.mjs';
import { residentMiB, warnOfForeign, watchCpu } from './machine.mjs';
import { percentiles, rounded } from './stats.mjs';

/** Connections that are there before the first request is due: a client in front of a server has a pool of them. */
const pool = 64;

/** More than that of the requests answered, within the time, and not later and later: the server keeps up. */
const keptUp = 0.995;

/**
 * @param rate requests per second
 * @param maxConnections beyond it a due request waits in the client, and its latency grows; a server takes 1024 by default
 * @param sample called about once per second
 * @returns latencies of the 200s from their due time, of refusals also from their sending (`refusalMs`), counts, CPU
 */
export async function openLoop({ label, url, request, rate, seconds, maxConnections = 900, pid, sample }) {
  const found = { latencies: [], served: [], lags: [], refusals: [], refusalsFromSend: [], statuses: {} };
  const quarters = [[], [], [], []];
  const stopCpu = watchCpu(pid ? [pid] : []);
  const sampling = sample && setInterval(sample, 1000);
  const ran = await load({ url, request, rate, seconds, connections: maxConnections, opened: pool });
  clearInterval(sampling);
  const cpu = stopCpu();
  const rssMiB = pid ? residentMiB(pid) : undefined;
  ran.each((due, sent, done, status) => {
    found.statuses[status] = (found.statuses[status] ?? 0) + 1;
    found.lags.push(sent - due);
    if (status === 200) {
      found.latencies.push(done - due);
      found.served.push(done - sent);
      quarters[Math.min(3, Math.floor(due / seconds / 250))].push(done - due);
    } else if (status === 429 || status === 503) {
      found.refusals.push(done - due);
      found.refusalsFromSend.push(done - sent);
    }
  });
  // The load generator is neither the server nor somebody else.
  const ofClient = ran.cpuSeconds / ran.seconds;
  const foreignCores = cpu.foreignCores === undefined ? undefined : rounded(Math.max(0, cpu.foreignCores - ofClient));
  warnOfForeign(label, { ...cpu, foreignCores });
  const lag = percentiles(found.lags);
  return {
    rate: rounded(rate),
    seconds: rounded(ran.seconds),
    goodput: rounded(found.latencies.length / Math.max(ran.seconds, seconds)),
    ...percentiles(found.latencies),
    /** Of the 200s from when they were sent: without what the client waited for a connection. */
    fromSendMs: percentiles(found.served),
    /** p50 of the four quarters of the run: a server that does not keep up answers later and later. */
    quartersP50: quarters.map((each) => percentiles(each).p50),
    clientLagMs: { p50: lag.p50, p99: lag.p99 },
    statuses: found.statuses,
    lost: ran.lost,
    ...(found.refusals.length > 0 && {
      refusalMs: percentiles(found.refusalsFromSend),
      refusalFromDueMs: percentiles(found.refusals),
    }),
    connections: ran.connections,
    ...(pid && {
      cpuUsPerRequest: rounded((cpu.serverCpuSeconds / ran.count) * 1e6),
      serverCores: cpu.serverCores,
      rssMiB,
    }),
    clientCores: rounded(cpu.clientCores + ofClient),
    foreignCores,
    stealCores: cpu.stealCores,
  };
}

/** Whether all were answered with 200 as they came, without falling behind. */
function keepsUp({ rate, goodput, quartersP50, lost }) {
  const [first, , , last] = quartersP50;
  return lost === 0 && goodput >= keptUp * rate && last !== null && last <= Math.max(10, 4 * first);
}

/**
 * The highest constant rate that a server keeps up with, by the client that measures it. A closed loop answers more: its
 * requests come together, which costs a server less each, and none comes while it is late.
 * @returns requests per second: `closed` of a closed loop with 64 connections, `open` to the nearest twentieth of that
 */
export async function openCapacity({ label, url, request, seconds = 3, pid, connections = 64 }) {
  await load({ url, request, seconds: 2, connections });
  const ran = await load({ url, request, seconds, connections });
  const closed = ran.count / ran.seconds;
  for (let twentieths = 20; twentieths > 4; twentieths--) {
    const rate = (closed * twentieths) / 20;
    const run = await openLoop({ label: `${label} at ${twentieths * 5} %`, url, request, rate, seconds, pid });
    if (keepsUp(run)) return { closed: rounded(closed), open: rounded(rate) };
  }
  throw new Error(`${label}: keeps up with no rate: measure again on a quiet machine`);
}
