/**
 * The null distribution of statistics that are sums over bins: chi-squared, PSI, Jensen-Shannon, Hellinger.
 *
 * Given the bins' totals, a window drawn at random has multivariate hypergeometric counts: independent binomials, given their
 * sum. The tail of a sum of functions of them is a double saddlepoint approximation (I. Skovgaard, "Saddlepoint expansions for
 * conditional distributions", 1987, with Barndorff-Nielsen's r*), which keeps its relative precision far out. Two bins are
 * enumerated.
 *
 * A single bin may reach the limit alone, as a rare category does. That is added up exactly, and the approximation is made
 * for the rest: the tails of these functions are too heavy for it else.
 */
import { logBinomial } from '../special/gamma.js';
import type { Work } from '../work.js';
import { binomialAround } from './binomial-range.js';
import type { Pooled } from './pooled.js';
import { saddlepoint, type Cell } from './saddlepoint.js';

/** What a bin adds to the statistic when `inWindow` of its `total` are in the window. Not negative. */
export type Score = (inWindow: number, total: number) => number;

/** Counts less probable than e^-90 of the likeliest are left out. */
const depth = 90;

export interface Sum {
  readonly cells: readonly Cell[];
  readonly n: number;
  readonly all: number;
  /** A window of all has each value with that chance. */
  readonly p: number;
  /** By n: for each cell P(count), given that all counts add up to n. */
  readonly given: Map<number, readonly Float64Array[]>;
}

/** Everything that does not depend on the limit. */
export function* sumOf({ totals, n, all }: Pooled, score: Score): Work<Sum> {
  const p = n / all;
  const cells: Cell[] = [];
  for (const total of totals) {
    const { from, probabilities } = binomialAround(total, p, depth);
    const last = Math.min(from + probabilities.length - 1, n);
    const first = Math.max(from, n - (all - total));
    const length = Math.max(0, last - first + 1);
    const logs = new Float64Array(length);
    const scores = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      logs[i] = Math.log(probabilities[first - from + i] as number);
      scores[i] = score(first + i, total);
    }
    cells.push({ total, from: first, logs, scores });
    yield;
  }
  return { cells, n, all, p, given: new Map() };
}

function* givenOf({ cells, n, all, p, given }: Sum): Work<readonly Float64Array[]> {
  const found = given.get(n);
  if (found !== undefined) return found;
  const whole = logBinomial(n, all, p);
  const made: Float64Array[] = [];
  for (const { total, from, logs } of cells) {
    made.push(logs.map((log, i) => Math.exp(log + logBinomial(n - from - i, all - total, p) - whole)));
    yield;
  }
  given.set(n, made);
  return made;
}

/** P(sum of scores >= limit). */
export function* sumTail(sum: Sum, limit: number): Work<number> {
  const least = limit * (1 - 1e-11);
  const { cells, p } = sum;
  const rarest = cells.reduce((least, { total }, i) => (total < (cells[least] as Cell).total ? i : least), 0);
  const isRare = cells.length > 2 && (cells[rarest] as Cell).total * p < fewExpected;
  return yield* isRare ? apart(sum, rarest, least) : tailOf(sum, least);
}

/**
 * Of a cell with fewer expected values the few likely counts are looked at one by one: its steps are too large to be
 * smoothed.
 */
const fewExpected = 1;

function* apart(sum: Sum, index: number, least: number): Work<number> {
  const { cells, n, all, p, given } = sum;
  const { total, from, scores } = cells[index] as Cell;
  const chances = (yield* givenOf(sum))[index] as Float64Array;
  const others = cells.filter((_, i) => i !== index);
  let tail = 0;
  const open: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if ((scores[i] as number) >= least) tail += chances[i] as number;
    else open.push(i);
  }
  for (const i of open.sort((a, b) => (chances[b] as number) - (chances[a] as number))) {
    const chance = chances[i] as number;
    if (chance < 1e-3 * tail) break;
    // By its own key: what the others are, given their sum, is not what they are among all.
    const key = -1 - (n - from - i);
    const rest: Sum = { cells: others, n: n - from - i, all: all - total, p, given: new Map() };
    const known = given.get(key);
    if (known !== undefined) rest.given.set(rest.n, known);
    tail += chance * (yield* tailOf(rest, least - (scores[i] as number)));
    const made = rest.given.get(rest.n);
    if (made !== undefined) given.set(key, made);
  }
  return Math.min(1, tail);
}

function* tailOf(sum: Sum, least: number): Work<number> {
  const { cells, n } = sum;
  if (least <= 0) return 1;
  if (cells.length < 2) {
    const [only] = cells;
    return only !== undefined && (only.scores[n - only.from] ?? 0) >= least ? 1 : 0;
  }
  const given = yield* givenOf(sum);
  if (cells.length === 2) return enumerated(cells, given[0] as Float64Array, n, least);

  let none = 1;
  let any = 0;
  for (const [j, { scores }] of cells.entries()) {
    let alone = 0;
    for (let i = 0; i < scores.length; i++) {
      if ((scores[i] as number) >= least) alone += (given[j] as Float64Array)[i] as number;
    }
    none *= Math.max(0, 1 - alone);
    // The product would lose a small probability; the sum does not.
    any += alone;
  }
  if (any > 0.01) any = 1 - none;
  if (any > 0.9) return any;
  yield;
  const together = yield* saddlepoint(cells, n, least);
  return Math.min(1, any + (1 - any) * together);
}

function enumerated([one, other]: readonly Cell[], given: Float64Array, n: number, least: number): number {
  if (one === undefined || other === undefined) return 1;
  let tail = 0;
  for (let i = 0; i < one.scores.length; i++) {
    const place = n - (one.from + i) - other.from;
    const score = (one.scores[i] as number) + (other.scores[place] ?? Infinity);
    if (score >= least) tail += given[i] as number;
  }
  return Math.min(1, tail);
}

/** The least limit that windows without drift reach in at most a share of `level`. */
export function* sumThreshold(sum: Sum, level: number, start: number): Work<number> {
  let low = 0;
  let lowTail = 1;
  let high = start;
  let highTail = yield* sumTail(sum, high);
  for (let i = 0; i < 60 && highTail > level; i++) {
    [low, lowTail] = [high, highTail];
    high *= 1.5;
    highTail = yield* sumTail(sum, high);
  }
  // The logarithm of the tail is almost a line.
  for (let i = 0; i < 40 && high - low > 1e-3 * high && highTail < 0.98 * level; i++) {
    const share = (Math.log(level) - Math.log(lowTail)) / (Math.log(Math.max(highTail, 1e-300)) - Math.log(lowTail));
    const guess = i % 3 === 2 ? (low + high) / 2 : low + (share + 0.002) * (high - low);
    const limit = Math.min(Math.max(guess, low + 0.02 * (high - low)), high - 0.02 * (high - low));
    const tail = yield* sumTail(sum, limit);
    if (tail <= level) [high, highTail] = [limit, tail];
    else [low, lowTail] = [limit, tail];
  }
  return high;
}
