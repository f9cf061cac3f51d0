/**
 * Whether a canary has broken a limit. Each limit is a share that something may have (of errors, of answers slower than a time, of
 * answers that differ), and a limit counts as broken once the share that was seen would be very unlikely within it: the
 * probability of so many among n at a true share p is at most exp(-n·KL(seen ‖ p)) (Chernoff's bound, which holds for any n), and
 * that must be below 1 in 10,000. Where the limit is relative to a share of the stable version, which is only seen as well, that
 * may be whatever explains both best (the likelihood ratio). So what is just as good is hardly ever rolled back, though it is
 * looked at once a second, and what is clearly worse is so at the 200th answer.
 */
import type { CanaryCounts, SideCounts } from './counts.js';
import type { Latencies } from './latencies.js';
import { leastAnswers, type CanaryLimits } from './limits.js';

export type CanaryLimitName = 'errors' | 'latency' | 'disagreement';

/** What was seen of one side within a window. */
export interface SideNumbers {
  readonly answers: number;
  readonly errors: number;
  /** Null without an answer. */
  readonly errorRate: number | null;
  /** Milliseconds; null without an answer. */
  readonly p95Ms: number | null;
}

/** What a verdict was found of. */
export interface CanaryNumbers {
  readonly canary: SideNumbers;
  readonly stable: SideNumbers;
  readonly compared: number;
  readonly disagreed: number;
}

export interface CanaryVerdict {
  readonly limit: CanaryLimitName;
  /** In words. */
  readonly reason: string;
  readonly numbers: CanaryNumbers;
}

/** ln(10,000) */
const evidence = Math.log(10_000);
/** So few answers of the stable version say little of its times. */
const leastStable = 50;
/** Of times of runs that are too long: how many times the answers have to be as slow. */
const leastRatio = 1.25;
/** What is below is the noise of a machine, whatever the ratio. */
const leastExcessMs = 1;
const tail = 0.05;

/**
 * The limit that a canary has clearly broken; undefined for none, and for fewer than 200 answers.
 * @param counts of one window
 * @param earlier errors of the stable version before it, where the window has few answers of it: with a share of 1, say
 */
export function verdictOf(counts: CanaryCounts, limits: CanaryLimits, earlier?: Errors): CanaryVerdict | undefined {
  if (counts.canary.answers < leastAnswers) return undefined;
  const broken = errorsOf(counts, limits, earlier) ?? latencyOf(counts, limits) ?? disagreementOf(counts, limits);
  return broken && { ...broken, numbers: numbersOf(counts) };
}

/** What was seen, whether or not it is enough. */
export function numbersOf({ canary, stable, compared, disagreed }: CanaryCounts): CanaryNumbers {
  return { canary: sideNumbers(canary), stable: sideNumbers(stable), compared, disagreed };
}

type Broken = Pick<CanaryVerdict, 'limit' | 'reason'>;

function errorsOf(
  { canary, stable }: CanaryCounts,
  { maxErrorRate }: CanaryLimits,
  earlier: Errors = { answers: 0, errors: 0 },
): Broken | undefined {
  const base = stable.answers < leastAnswers ? sum(stable, earlier) : stable;
  if (!isAboveOther(canary, base, maxErrorRate)) return undefined;
  const of = (side: Errors): string => `${percent(rate(side))} of ${side.answers} answers`;
  const reason = `errors: ${of(canary)}, but ${of(base)} of the stable version; the limit is ${percent(maxErrorRate)} more`;
  return { limit: 'errors', reason };
}

function latencyOf(
  { canary, stable }: CanaryCounts,
  { maxLatencyMs, maxLatencyRatio }: CanaryLimits,
): Broken | undefined {
  const broken = (limitMs: number, words: string): Broken | undefined => {
    if (!isAbove(canary.latencies.slowerThan(limitMs), canary.latencies.total, tail)) return undefined;
    return { limit: 'latency', reason: `latency: p95 ${inMs(canary.latencies.quantile(1 - tail))}; ${words}` };
  };
  if (maxLatencyMs !== undefined) {
    const absolute = broken(maxLatencyMs, `the limit is ${inMs(maxLatencyMs)}`);
    if (absolute) return absolute;
  }
  const { total } = stable.latencies;
  if (total < leastStable) return undefined;
  const usual = stable.latencies.quantile(upperShare(total)) as number;
  const limitMs = (ratio: number): number => Math.max(usual * ratio, usual + leastExcessMs);
  const words = `that of the stable version is ${inMs(stable.latencies.quantile(1 - tail))}`;
  const relative = broken(limitMs(maxLatencyRatio), `${words}, and the limit ${maxLatencyRatio} times as much`);
  if (relative) return relative;
  // Under load a canary that needs much of the CPU slows down what is beside it, and hides so.
  if (!areRunsSlow(canary, stable, maxLatencyRatio)) return undefined;
  const more = `and its runs take more than ${maxLatencyRatio} times as long as those of as many rows`;
  return broken(limitMs(Math.min(leastRatio, maxLatencyRatio)), `${words}, ${more}`);
}

/** The same of times inside the engine, of runs of as many rows. */
function areRunsSlow({ runs }: SideCounts, stable: SideCounts, ratio: number): boolean {
  // A slow canary gathers other batches than what is beside it, so hardly any two may have as many rows.
  const usualOf = (times: Latencies): number | undefined =>
    times.total < leastStable ? undefined : times.quantile(upperShare(times.total));
  let [slow, all] = [0, 0];
  for (const [size, own] of runs.bySize) {
    const usual = stable.runs.mostOf(size, usualOf);
    if (usual === undefined) continue;
    slow += own.slowerThan(Math.max(usual * ratio, usual + leastExcessMs));
    all += own.total;
  }
  return isAbove(slow, all, tail);
}

/** Of the share that is meant, as much more as so many values leave open. */
function upperShare(total: number): number {
  return Math.min(0.995, 1 - tail + 2 * Math.sqrt((tail * (1 - tail)) / total));
}

function disagreementOf({ compared, disagreed }: CanaryCounts, { maxDisagreement }: CanaryLimits): Broken | undefined {
  if (maxDisagreement === undefined || !isAbove(disagreed, compared, maxDisagreement)) return undefined;
  const reason =
    `disagreement: ${disagreed} of ${compared} answers that were compared differ from the stable version's; ` +
    `the limit is ${percent(maxDisagreement)}`;
  return { limit: 'disagreement', reason };
}

/** Whether so many among all are clearly more than a share. */
function isAbove(count: number, all: number, share: number): boolean {
  if (all === 0 || share >= 1) return false;
  const seen = Math.min(1, count / all);
  return seen > share && all * divergence(seen, share) >= evidence;
}

/** Kullback and Leibler's, of two shares. */
function divergence(seen: number, share: number): number {
  const part = (a: number, b: number): number => (a === 0 ? 0 : b === 0 ? Infinity : a * Math.log(a / b));
  return part(seen, share) + part(1 - seen, 1 - share);
}

type Errors = Pick<SideCounts, 'answers' | 'errors'>;

/** Whether the error rate of one is clearly more than so much above that of another. Where nothing is seen of that, it has none. */
function isAboveOther(one: Errors, other: Errors, by: number): boolean {
  const [seen, usual] = [rate(one), rate(other)];
  if (!isAbove(one.errors, one.answers, usual + by)) return false;
  if (other.answers === 0) return true;
  const against = (share: number): number =>
    one.answers * divergence(seen, share + by) + other.answers * divergence(usual, share);
  // It is convex between the two.
  let [low, high] = [usual, seen - by];
  for (let i = 0; i < 40; i++) {
    const third = (high - low) / 3;
    if (against(low + third) > against(high - third)) low += third;
    else high -= third;
  }
  return against((low + high) / 2) >= evidence;
}

const sum = (one: Errors, other: Errors): Errors => ({
  answers: one.answers + other.answers,
  errors: one.errors + other.errors,
});

function rate({ answers, errors }: Errors): number {
  return answers === 0 ? 0 : errors / answers;
}

function sideNumbers(side: SideCounts): SideNumbers {
  const { answers, errors, latencies } = side;
  const p95 = latencies.quantile(1 - tail);
  return {
    ...{ answers, errors, errorRate: answers === 0 ? null : Number(rate(side).toPrecision(4)) },
    p95Ms: p95 === undefined ? null : Number(p95.toPrecision(3)),
  };
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
const inMs = (ms = 0): string => `${Number(ms.toPrecision(3))} ms`;
