// Closed loops: callers, each of which asks again when it has its answer. Over HTTP with ready-made bytes, which costs the client a
// fraction of what a client library does; that matters where server and client share the cores.

import { performance } from 'node:perf_hooks';
import { Connection, requestBytes } from './raw-client.mjs';
import { quantile } from './stats.mjs';

/** Calls from so many callers until the time is over. @returns every call's time in ms, and how long it all took */
export async function drive(call, callers, seconds) {
  const times = [];
  const from = performance.now();
  const until = from + seconds * 1000;
  const caller = async () => {
    for (let start = performance.now(); start < until;) {
      await call();
      const end = performance.now();
      times.push(end - start);
      start = end;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { times, elapsedMs: performance.now() - from };
}

/** The same for a function that returns at once: it is timed `batch` calls at a time. */
export function repeat(call, seconds, batch = 100) {
  const times = [];
  const first = performance.now();
  const until = first + seconds * 1000;
  for (let from = first; from < until;) {
    for (let i = 0; i < batch; i++) call();
    const to = performance.now();
    times.push((to - from) / batch);
    from = to;
  }
  return { times, elapsedMs: performance.now() - first, batch };
}

/** Connections to one URL that stay open between the rounds of `drive`. An answer that is not 200 throws. */
export function httpLoad({ url, request, connections }) {
  const bytes = requestBytes(url, request);
  const clients = Array.from({ length: connections }, () => new Connection(url));
  /** One connection asks as long as `more` says so. */
  const ask = (client, more, times) =>
    new Promise((done, failed) => {
      let from = performance.now();
      const answered = (status) => {
        const to = performance.now();
        if (status !== 200) return failed(new Error(`POST ${new URL(url).pathname} was answered ${status || 'not'}`));
        times.push(to - from);
        from = to;
        if (more(to)) client.send(bytes, answered);
        else done();
      };
      client.send(bytes, answered);
    });
  const all = async (more) => {
    const times = [];
    const from = performance.now();
    await Promise.all(clients.map((client) => ask(client, more, times)));
    return { times, elapsedMs: performance.now() - from };
  };
  return {
    drive(seconds) {
      const until = performance.now() + seconds * 1000;
      return all((now) => now < until);
    },
    /** So many requests altogether. */
    count(requests) {
      let sent = connections;
      return all(() => sent++ < requests);
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}

/** What one round says: calls per second, percentiles in ms, CPU per call in µs. */
export function costs({ times, elapsedMs, batch = 1 }, cpuNanoseconds) {
  const sorted = Float64Array.from(times).sort();
  const calls = times.length * batch;
  return {
    calls,
    perSecond: (calls * 1000) / elapsedMs,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    cpuUs: cpuNanoseconds / 1000 / calls,
  };
}
