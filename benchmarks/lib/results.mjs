// What a run is written down as.

import { dist } from './paths.mjs';
import { commitHash, describeMachine } from './machine.mjs';
import { median, rounded } from './stats.mjs';

/** Where and with what a run was made. */
export async function provenance() {
  const { locate } = await dist('libtorch/find/locate.js');
  return {
    machine: describeMachine(),
    node: process.version,
    libtorch: locate().version,
    date: new Date().toISOString().slice(0, 10),
    commit: commitHash(),
  };
}

/**
 * One benchmark's line: absolutes, and the same as ratios to its reference. `rounds` are pairs of
 * measurements made next to each other; ratios are taken within a pair, and the median of the pairs is what counts.
 */
export function entry(rounds, extra = {}) {
  const mid = (pick) => {
    const values = rounds.map(pick).filter((value) => Number.isFinite(value));
    return values.length > 0 ? rounded(median(values)) : null;
  };
  const ratio = (name) => mid(({ ours, reference }) => ours[name] / reference[name]);
  return {
    throughput: mid(({ ours }) => ours.throughput),
    p50: mid(({ ours }) => ours.p50),
    p95: mid(({ ours }) => ours.p95),
    ratioThroughput: ratio('throughput'),
    ratioP50: ratio('p50'),
    ratioP95: ratio('p95'),
    ...extra,
  };
}
