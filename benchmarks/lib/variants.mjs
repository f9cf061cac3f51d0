// What a setting costs: servers that differ in it alone, so many requests to each in turn, CPU of the server a request.

import { httpLoad } from './load.mjs';
import { cpuNs } from './machine.mjs';
import { median, quantile } from './stats.mjs';

const connections = 8;

/**
 * Prints the median of each, and its ratios to `base` with their quartiles, taken within a round.
 * @param starts by name, functions that start a server
 * @param request of benchmarks/lib/rows.mjs or protocols.mjs, sent to `path`
 */
export async function costOfVariants({ title = '', starts, base, path, request, rounds, requests }) {
  const variants = [];
  try {
    for (const [name, start] of Object.entries(starts)) {
      const { pid, port, stop } = await start();
      const load = httpLoad({ url: `http://127.0.0.1:${port}${path}`, request, connections });
      variants.push({ name, pid, load, stop, perRequest: [] });
    }
    for (const { load } of variants) await load.count(requests);
    for (let round = 0; round < rounds; round++) {
      // Whoever is first in one round is last in the next.
      for (const { pid, load, perRequest } of round % 2 ? variants.toReversed() : variants) {
        const before = cpuNs(pid);
        await load.count(requests);
        perRequest.push((cpuNs(pid) - before) / requests / 1000);
      }
    }
    const off = variants.find(({ name }) => name === base).perRequest;
    for (const { name, perRequest } of variants) {
      const ratios = perRequest.map((value, i) => value / off[i]).sort((a, b) => a - b);
      const [low, mid, high] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3));
      const label = (title ? `${title}, ${name}` : name).padEnd(16);
      console.log(
        `${label} ${median(perRequest).toFixed(1).padStart(7)} µs a request   ${mid} × ${base} (${low} to ${high})`,
      );
    }
  } finally {
    for (const { load, stop } of variants) {
      load.close();
      await stop();
    }
  }
}
