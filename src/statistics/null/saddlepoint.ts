/**
 * The tail of a sum of functions of independent counts, given the sum of the counts: I. Skovgaard's double saddlepoint
 * approximation ("Saddlepoint expansions for conditional distributions", 1987), with Barndorff-Nielsen's r*.
 */
import { normalTail } from '../special/normal.js';
import type { Work } from '../work.js';

/** One count: its possible values from the likeliest to very unlikely ones. */
export interface Cell {
  readonly total: number;
  /** The count that the arrays begin with. */
  readonly from: number;
  readonly logs: Float64Array;
  readonly scores: Float64Array;
}

interface Moments {
  /** The cumulant generating function of (scores, counts) and its derivatives. */
  k: number;
  s: number;
  u: number;
  ss: number;
  su: number;
  uu: number;
}

function* momentsAt(cells: readonly Cell[], least: number, s: number, u: number): Work<Moments> {
  const sum: Moments = { k: 0, s: 0, u: 0, ss: 0, su: 0, uu: 0 };
  for (const { from, logs, scores } of cells) {
    let top = -Infinity;
    for (let i = 0; i < logs.length; i++) {
      if ((scores[i] as number) >= least) continue;
      const log = (logs[i] as number) + s * (scores[i] as number) + u * (from + i);
      if (log > top) top = log;
    }
    let mass = 0;
    let a = 0;
    let b = 0;
    let aa = 0;
    let ab = 0;
    let bb = 0;
    for (let i = 0; i < logs.length; i++) {
      const score = scores[i] as number;
      if (score >= least) continue;
      const log = (logs[i] as number) + s * score + u * (from + i) - top;
      if (log < -45) continue;
      const weight = Math.exp(log);
      mass += weight;
      a += weight * score;
      b += weight * i;
      aa += weight * score * score;
      ab += weight * score * i;
      bb += weight * i * i;
    }
    a /= mass;
    b /= mass;
    sum.k += top + Math.log(mass);
    sum.s += a;
    sum.u += from + b;
    sum.ss += Math.max(0, aa / mass - a * a);
    sum.su += ab / mass - a * b;
    sum.uu += Math.max(0, bb / mass - b * b);
    yield;
  }
  return sum;
}

interface Point {
  readonly s: number;
  readonly u: number;
  readonly at: Moments;
}

/** The minimum of the convex K(s, u) - s x - u n, by Newton's method with halved steps. With `x` undefined, s stays 0. */
function* minimum(
  cells: readonly Cell[],
  least: number,
  n: number,
  x: number | undefined,
  start: Point,
): Work<Point | undefined> {
  let { s, u, at } = start;
  const value = (m: Moments, s: number, u: number) => m.k - s * (x ?? 0) - u * n;
  for (let i = 0; i < 60; i++) {
    const gs = x === undefined ? 0 : at.s - x;
    const gu = at.u - n;
    const det = at.ss * at.uu - at.su * at.su;
    if (!(at.uu > 0)) return undefined;
    if (x !== undefined && !(det > 1e-14 * at.ss * at.uu)) return undefined;
    const ds = x === undefined ? 0 : -(at.uu * gs - at.su * gu) / det;
    const du = x === undefined ? -gu / at.uu : -(at.ss * gu - at.su * gs) / det;
    const fall = -(gs * ds + gu * du);
    if (!Number.isFinite(fall)) return undefined;
    if (fall < 1e-12) return { s, u, at };
    let length = 1;
    for (;;) {
      const next = yield* momentsAt(cells, least, s + length * ds, u + length * du);
      if (value(next, s + length * ds, u + length * du) <= value(at, s, u) - 1e-4 * length * fall || length < 1e-6) {
        s += length * ds;
        u += length * du;
        at = next;
        break;
      }
      length /= 2;
    }
    if (length < 1e-6) return { s, u, at };
  }
  return undefined;
}

/** P(sum of scores >= x), given that the counts add up to n and that no score by itself is x or more. */
export function* saddlepoint(cells: readonly Cell[], n: number, x: number): Work<number> {
  const origin: Point = { s: 0, u: 0, at: yield* momentsAt(cells, x, 0, 0) };
  const base = yield* minimum(cells, x, n, undefined, origin);
  if (base === undefined) return 0;
  const deviation = Math.sqrt(Math.max(0, base.at.ss - (base.at.su * base.at.su) / base.at.uu));
  // The most that all together can be: nothing is beyond it.
  let most = 0;
  for (const { scores } of cells) {
    let greatest = 0;
    for (const score of scores) if (score < x && score > greatest) greatest = score;
    most += greatest;
  }
  if (!(deviation > 0) || x >= most) return 0;
  const centre = base.at.s;
  // Right at the centre both terms are infinite: a line over it.
  const near = 0.05 * deviation;
  if (Math.abs(x - centre) < near) {
    const below = yield* tailAt(cells, n, x, centre - near, base);
    const above = yield* tailAt(cells, n, x, centre + near, base);
    return below + ((x - centre + near) / (2 * near)) * (above - below);
  }
  return yield* tailAt(cells, n, x, x, base);
}

function* tailAt(cells: readonly Cell[], n: number, least: number, x: number, base: Point): Work<number> {
  const point = yield* minimum(cells, least, n, x, base);
  if (point === undefined) return x > base.at.s ? 0 : 1;
  const { s, u, at } = point;
  const exponent = s * x + u * n - at.k - (base.u * n - base.at.k);
  const r = Math.sign(s) * Math.sqrt(Math.max(0, 2 * exponent));
  const q = s * Math.sqrt((at.ss * at.uu - at.su * at.su) / base.at.uu);
  if (r === 0 || !(q / r > 0)) return 0.5;
  return normalTail(r + Math.log(q / r) / r);
}
