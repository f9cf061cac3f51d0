// Two builds, round by round in turn: A B, B A, A B, … so that whatever slows the machine slows both. Now and then both are started
// anew.

import { performance } from 'node:perf_hooks';
import { cpuNs, machineBusyNs } from '../machine.mjs';
import { say } from '../paths.mjs';
import { librarySide, serverSide, subjects } from '../sides.mjs';
import { judge, measuresOf } from './verdict.mjs';

/** What others may use of the machine beside a pair of rounds, in cores; a pair beside which it was more is measured again. */
const foreignMost = 0.25;

/** Seconds of load that a fresh process has before anything is measured: V8 compiles what is called often. */
const firstWarmup = 2;

/**
 * One pair of rounds of a subject, in this order.
 * @returns the costs of both, and the cores that others used meanwhile
 */
async function pairOf(name, sides, order) {
  const used = () =>
    sides.reduce((sum, { pid }) => sum + cpuNs(pid), 0) +
    process.cpuUsage().user * 1000 +
    process.cpuUsage().system * 1000;
  const costs = [];
  const [from, busy, own] = [performance.now(), machineBusyNs(), used()];
  for (const side of order) costs[side] = await sides[side].load(name);
  const foreign = machineBusyNs() - busy - (used() - own);
  return { costs, foreignCores: Math.max(0, foreign / 1e6 / (performance.now() - from)) };
}

/** How often a subject was measured beside others who used the machine, and could not be measured otherwise. */
class Noise {
  pairs = 0;
  disturbed = 0;
  again = 0;

  /** Whether this pair should be measured again; so many are as are measured altogether. */
  disturbs(foreignCores) {
    this.pairs++;
    if (foreignCores <= foreignMost) return false;
    if (this.again >= this.pairs / 2) {
      this.disturbed++;
      return false;
    }
    this.again++;
    this.pairs--;
    return true;
  }
}

/** Both sides started anew, and so many rounds of each subject. Adds to `found` by subject: an array of pairs of costs. */
async function generation({ start, trees, names, rounds, first, found, noise, failed }) {
  const sides = [];
  const starting = first === 0 ? [0, 1] : [1, 0];
  try {
    const both = await Promise.allSettled(starting.map((side) => start(trees[side])));
    for (const [i, { value }] of both.entries()) sides[starting[i]] = value;
    const fault = both.find(({ status }) => status === 'rejected');
    if (fault) throw fault.reason;
    const able = [];
    for (const name of names) {
      try {
        for (const side of starting)
          await sides[side].load(name, able.length === 0 ? firstWarmup : 2 * subjects[name].seconds);
        able.push(name);
      } catch (error) {
        failed.set(name, error.message);
      }
    }
    const mine = new Map(able.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of able) {
        const order = (round + first) % 2 === 0 ? [0, 1] : [1, 0];
        let pair;
        do pair = await pairOf(name, sides, order);
        while (noise.disturbs(pair.foreignCores));
        mine.get(name).push(pair.costs);
      }
    }
    for (const [name, pairs] of mine) found.set(name, [...(found.get(name) ?? []), pairs]);
  } finally {
    for (const side of sides) await side?.stop();
  }
}

/** The verdicts of one subject: a line for each measure. */
function judged(name, generations) {
  return Object.entries(measuresOf(subjects[name])).map(([key, measure]) => {
    const ratios = generations.map((pairs) => pairs.map(([before, after]) => after[key] / before[key]));
    const of = (side) => generations.flat().map((pair) => pair[side][key]);
    return {
      subject: name,
      measure: measure.title,
      limit: measure.limit,
      before: of(0),
      after: of(1),
      ...judge(ratios, measure),
    };
  });
}

/** The share of a subject's calls that ran on the calling thread, of both sides; undefined where no side told. */
export function inlineShares(generations) {
  const shares = [0, 1].map((side) =>
    generations
      .flat()
      .map((pair) => pair[side].inline)
      .filter((share) => share !== undefined),
  );
  if (shares.every(({ length }) => length === 0)) return undefined;
  return shares.map((each) =>
    each.length === 0 ? undefined : each.reduce((sum, share) => sum + share, 0) / each.length,
  );
}

/**
 * Compares until every measure has its verdict or the time is over, and at least so often that one is possible.
 * @param trees two built trees, before and after
 * @returns `lines`, `failed` (why a subject cannot be compared, by name), `inline` (the shares of calls that ran on the calling thread, by
 * name), and how noisy it was
 */
export async function compareTrees(trees, names, { rounds, pairs, seconds }) {
  const from = performance.now();
  const spent = () => (performance.now() - from) / 1000;
  const noise = new Noise();
  const [found, failed] = [new Map(), new Map()];
  let longest = 0;
  for (let turn = 0; turn < pairs || spent() + longest < seconds; turn++) {
    const open = names.filter(
      (name) =>
        !failed.has(name) &&
        (turn < pairs || judged(name, found.get(name)).some(({ verdict }) => verdict === 'too noisy')),
    );
    if (open.length === 0) break;
    const began = spent();
    say(`pair ${turn + 1} of processes, ${began.toFixed(0)} s: ${open.join(', ')}`);
    for (const [start, isOne] of [
      [serverSide, ({ library }) => !library],
      [librarySide, ({ library }) => library],
    ]) {
      const mine = open.filter((name) => isOne(subjects[name]));
      const common = { start, trees, names: mine, rounds, first: turn % 2, found, noise, failed };
      if (mine.length > 0) await generation(common);
    }
    longest = Math.max(longest, spent() - began);
  }
  const lines = names.filter((name) => found.has(name)).flatMap((name) => judged(name, found.get(name)));
  const inline = new Map(
    [...found].map(([name, generations]) => [name, inlineShares(generations)]).filter(([, shares]) => shares),
  );
  return {
    lines,
    failed,
    inline,
    seconds: spent(),
    noise: { pairs: noise.pairs, disturbed: noise.disturbed, again: noise.again },
  };
}
