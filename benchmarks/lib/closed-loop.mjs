// A closed loop over HTTP: so many connections, each of which sends its next request when it has its answer.

import autocannon from 'autocannon';
import { watchCpu, residentMiB, warnOfForeign } from './machine.mjs';
import { percentiles, rounded } from './stats.mjs';

/** autocannon's own percentiles are whole milliseconds, so they are taken from its `response` events instead. */
function load({ url, request, connections, seconds }) {
  return new Promise((resolve, reject) => {
    const times = [];
    const options = { url, method: 'POST', ...request, connections, duration: seconds, sampleInt: 100, timeout: 30 };
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve({ result, times })));
    run.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
  });
}

/**
 * One measurement, after a warm-up that is thrown away. A run with an answer that is not 2xx is no measurement, and throws.
 * @returns throughput (requests/s), percentiles (ms), server CPU per request, memory, and what others used of the machine
 */
export async function closedLoop({ label, url, request, connections, seconds, warmup = 0.5, pid }) {
  const options = { url, request, connections };
  if (warmup > 0) await load({ ...options, seconds: warmup });
  const stop = watchCpu(pid ? [pid] : []);
  const { result, times } = await load({ ...options, seconds });
  const cpu = stop();
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) {
    const counts = JSON.stringify(result.statusCodeStats);
    throw new Error(
      `${label}: ${bad} of ${result.requests.total} requests failed (${counts}, ${result.errors} errors)`,
    );
  }
  warnOfForeign(label, cpu);
  return {
    connections,
    throughput: rounded(times.length / result.duration),
    ...percentiles(times),
    ...(pid && {
      cpuUsPerRequest: rounded((cpu.serverCpuSeconds / times.length) * 1e6),
      serverCores: cpu.serverCores,
      rssMiB: residentMiB(pid),
    }),
    clientCores: cpu.clientCores,
    foreignCores: cpu.foreignCores,
    stealCores: cpu.stealCores,
  };
}
