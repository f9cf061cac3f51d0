import type { Calibration } from './calibration.js';

/** What confidences are worth: chances of being wrong, made of few errors without believing any one of them too much. */
export interface Reliability {
  readonly classes: number;
  /** Bins of confidence. */
  readonly bins: number;
  /** Held-out rows by predicted class and bin, the bins of one class beside each other. */
  readonly rows: Float64Array;
  /** Held-out rows of each bin. */
  readonly binRows: Float64Array;
  /** Chance of being wrong, by predicted class and bin. */
  readonly wrong: Float64Array;
  /** Errors that were seen of each predicted class. */
  readonly errors: Float64Array;
  /** Share of each class among the labels. */
  readonly share: Float64Array;
  /** For each predicted class, which classes were taken for it and how often. */
  readonly takenFor: ReadonlyMap<number, readonly (readonly [actual: number, rows: number])[]>;
}

/** A class has as many pseudo-errors as it would have if all were alike. */
const classStrength = 4;
/** A bin has so many pseudo-rows, which do as the curve says. */
const binStrength = 20;
/** How far slope and offset of the curve may be from what the model says itself: variances of normal priors. */
const slopeVariance = 0.25;
const offsetVariance = 1;

/** @param calibration of a record */
export function reliabilityOf({
  classes,
  edges,
  confidences,
  cells,
  confusions,
  rows: total,
}: Calibration): Reliability {
  const bins = edges.length + 1;
  const rows = new Float64Array(classes * bins);
  const errors = new Float64Array(classes);
  const share = new Float64Array(classes).fill(0.5);
  const right = new Float64Array(bins);
  const binRows = new Float64Array(bins);
  for (const [predicted, rightRows, wrongRows] of cells) {
    for (let bin = 0; bin < bins; bin++) {
      const [r, w] = [rightRows[bin] as number, wrongRows[bin] as number];
      rows[predicted * bins + bin] = r + w;
      add(right, bin, r);
      add(binRows, bin, r + w);
      add(errors, predicted, w);
      add(share, predicted, r);
    }
  }
  const takenFor = new Map<number, [number, number][]>();
  for (const [actual, predicted, count] of confusions) {
    add(share, actual, count);
    const others = takenFor.get(predicted);
    if (others) others.push([actual, count]);
    else takenFor.set(predicted, [[actual, count]]);
  }
  const correct = correctByBin(confidences, right, binRows);
  const wrong = new Float64Array(classes * bins);
  for (let k = 0; k < classes; k++) {
    let expected = 0;
    for (let bin = 0; bin < bins; bin++) expected += (rows[k * bins + bin] as number) * (1 - (correct[bin] as number));
    const odds = ((errors[k] as number) + classStrength) / (expected + classStrength);
    for (let bin = 0; bin < bins; bin++) {
      const c = correct[bin] as number;
      const against = odds * (1 - c);
      wrong[k * bins + bin] = against / (c + against);
    }
  }
  const sum = total + 0.5 * classes;
  return { classes, bins, rows, binRows, wrong, errors, share: share.map((count) => count / sum), takenFor };
}

/** The chance of being right in each bin: it never falls as confidence rises. */
function correctByBin(confidences: readonly number[], right: Float64Array, rows: Float64Array): number[] {
  const curve = curveOf(confidences, right, rows);
  const drawn = curve.map((chance, bin) => {
    const weight = (rows[bin] as number) + binStrength;
    return { chance: ((right[bin] as number) + binStrength * chance) / weight, weight };
  });
  return monotone(drawn).map((chance) => Math.min(0.999999, Math.max(0.000001, chance)));
}

/**
 * Platt's curve: a logistic one of the confidence's own log odds (Platt 1999), by Newton's method, drawn towards what the model
 * says itself.
 */
function curveOf(confidences: readonly number[], right: Float64Array, rows: Float64Array): number[] {
  const x = confidences.map((confidence) => logOdds(Math.min(0.999999, Math.max(0.000001, confidence))));
  let slope = 1;
  let offset = 0;
  for (let step = 0; step < 50; step++) {
    let bySlope = -(slope - 1) / slopeVariance;
    let byOffset = -offset / offsetVariance;
    let [ss, oo, so] = [1 / slopeVariance, 1 / offsetVariance, 0];
    for (const [bin, at] of x.entries()) {
      const n = rows[bin] as number;
      const p = logistic(slope * at + offset);
      const left = (right[bin] as number) - n * p;
      bySlope += left * at;
      byOffset += left;
      const v = n * p * (1 - p);
      ss += v * at * at;
      so += v * at;
      oo += v;
    }
    const determinant = ss * oo - so * so;
    const [bySlopeStep, byOffsetStep] = [
      (oo * bySlope - so * byOffset) / determinant,
      (ss * byOffset - so * bySlope) / determinant,
    ];
    slope += bySlopeStep;
    offset += byOffsetStep;
    if (Math.abs(bySlopeStep) + Math.abs(byOffsetStep) < 1e-9) break;
  }
  // Confidence that says the opposite of what it should is no reason to turn the curve round.
  slope = Math.max(0, slope);
  return x.map((at) => logistic(slope * at + offset));
}

/** Pools neighbours that fall (Ayer et al. 1955): the nearest values that never do. */
function monotone(bins: readonly { readonly chance: number; readonly weight: number }[]): number[] {
  const blocks: { chance: number; weight: number; bins: number }[] = [];
  for (const bin of bins) {
    let block = { ...bin, bins: 1 };
    for (let last = blocks.at(-1); last && last.chance > block.chance; last = blocks.at(-1)) {
      const weight = last.weight + block.weight;
      const chance = (last.chance * last.weight + block.chance * block.weight) / weight;
      block = { chance, weight, bins: last.bins + block.bins };
      blocks.pop();
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ chance, bins: width }) => new Array<number>(width).fill(chance));
}

function add(counts: Float64Array, place: number, count: number): void {
  counts[place] = (counts[place] as number) + count;
}

function logOdds(chance: number): number {
  return Math.log(chance / (1 - chance));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
