import { torchError } from '../../errors.js';
import { binOf, quantileEdges } from './bins.js';
import type { Calibration, CalibrationData, CalibrationFeature, FeatureColumn } from './calibration.js';
import { featureBin, widthOf } from './profile.js';

/** Finest near 1, where most rows of a good classifier are. Bins without enough rows are joined. */
const grid = [
  0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98,
  0.99, 0.995, 0.998, 0.999, 0.9999,
];
const leastRows = 10;
/** Bounds of what a record holds of it. */
export const mostCalibratedFeatures = 64;
export const mostCalibratedClasses = 2000;
const maxGroups = 15;
const featureBins = 8;
const maxConfusions = 20_000;

/**
 * What held-out rows with labels say of a classifier's confidences, for the record. It is bounded: some 100 KB at most.
 * @throws ERR_INVALID_ARGUMENT where the columns differ in length, or there is no row; ERR_OUT_OF_RANGE for a class or a
 * confidence that cannot be
 * @example
 * const calibration = fitCalibration({ classes: 2, predicted: [0, 1], confidences: [0.9, 0.8], actual: [0, 0] });
 */
export function fitCalibration(data: CalibrationData): Calibration {
  const { classes, predicted, confidences, actual, features = [] } = data;
  checkData(data);
  const rows = predicted.length;
  const edges = confidenceEdges(confidences);
  const bins = edges.length + 1;
  const sums = new Float64Array(bins);
  const seen = new Float64Array(bins);
  const cells = new Map<number, [number, number[], number[]]>();
  const confusions = new Map<number, [number, number, number]>();
  for (let row = 0; row < rows; row++) {
    const from = actual[row] as number;
    const to = predicted[row] as number;
    const confidence = confidences[row] as number;
    const bin = binOf(edges, confidence);
    sums[bin] = (sums[bin] as number) + confidence;
    seen[bin] = (seen[bin] as number) + 1;
    const zeros = (): number[] => new Array<number>(bins).fill(0);
    const cell = cells.get(to) ?? [to, zeros(), zeros()];
    cells.set(to, cell);
    const counts = cell[from === to ? 1 : 2];
    counts[bin] = (counts[bin] as number) + 1;
    if (from === to) continue;
    const pair = from * classes + to;
    const confusion = confusions.get(pair) ?? [from, to, 0];
    confusion[2]++;
    confusions.set(pair, confusion);
  }
  const sorted = [...cells.values()].sort((a, b) => a[0] - b[0]);
  const size = ([, right, wrong]: readonly [number, number[], number[]]): number => sum(right) + sum(wrong);
  const groups = [...sorted]
    .sort((a, b) => size(b) - size(a))
    .slice(0, maxGroups)
    .map(([index]) => index);
  return {
    rows,
    classes,
    edges,
    confidences: Array.from(sums, (total, bin) => {
      const count = seen[bin] as number;
      return round(count > 0 ? total / count : ((edges[bin - 1] ?? 0) + (edges[bin] ?? 1)) / 2);
    }),
    cells: sorted,
    confusions: [...confusions.values()].sort((a, b) => b[2] - a[2]).slice(0, maxConfusions),
    groups,
    features: features.map((column) => featureCounts(column, data, groups)),
  };
}

function checkData({ classes, predicted, confidences, actual, features = [] }: CalibrationData): void {
  const { length } = predicted;
  if (length === 0) throw torchError('ERR_INVALID_ARGUMENT', 'Expected held-out rows with labels but received none');
  if (features.length > mostCalibratedFeatures) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected at most ${mostCalibratedFeatures} features but received ${features.length}`,
    );
  }
  if (!(classes >= 2 && classes <= mostCalibratedClasses)) {
    throw torchError('ERR_OUT_OF_RANGE', `Expected 2 to ${mostCalibratedClasses} classes but received ${classes}`);
  }
  const columns = { confidences, actual, ...Object.fromEntries(features.map(({ name, values }) => [name, values])) };
  for (const [name, column] of Object.entries(columns)) {
    if (column.length === length) continue;
    const message = `Expected ${length} entries for ${name}, as many as predictions, but received ${column.length}`;
    throw torchError('ERR_INVALID_ARGUMENT', message);
  }
  const isClass = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < classes;
  for (let row = 0; row < length; row++) {
    if (!isClass(predicted[row] as number) || !isClass(actual[row] as number)) {
      throw torchError(
        'ERR_OUT_OF_RANGE',
        `Expected a class from 0 to ${classes - 1} for row ${row}, predicted and actual`,
      );
    }
    const confidence = confidences[row] as number;
    if (!(confidence >= 0 && confidence <= 1)) {
      throw torchError('ERR_OUT_OF_RANGE', `Expected a confidence from 0 to 1 for row ${row} but it is outside`);
    }
  }
}

/** The grid's edges, without those that part off fewer rows than say anything. */
function confidenceEdges(confidences: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(confidences).sort();
  const edges: number[] = [];
  let from = 0;
  for (const edge of grid) {
    let to = from;
    while (to < sorted.length && (sorted[to] as number) < edge) to++;
    if (to - from < leastRows || sorted.length - to < leastRows) continue;
    edges.push(edge);
    from = to;
  }
  return edges;
}

function featureCounts(
  { name, kind, values }: FeatureColumn,
  { predicted, actual }: CalibrationData,
  groups: readonly number[],
): CalibrationFeature {
  const bounds =
    kind === 'numeric' ? { edges: quantileEdges(values, featureBins) } : { categories: commonest(values, featureBins) };
  const feature: CalibrationFeature = { name, kind, ...bounds, right: [], wrong: [] };
  const counts = (): number[][] =>
    Array.from({ length: groups.length + 1 }, () => new Array<number>(widthOf(feature)).fill(0));
  const [right, wrong] = [counts(), counts()];
  const groupOf = new Map(groups.map((index, group) => [index, group]));
  for (let row = 0; row < values.length; row++) {
    const group = groupOf.get(predicted[row] as number) ?? groups.length;
    const target = (predicted[row] === actual[row] ? right : wrong)[group] as number[];
    const bin = featureBin(feature, values[row] as number);
    target[bin] = (target[bin] as number) + 1;
  }
  return { ...feature, right, wrong };
}

/** The values that occur most often, ascending. */
function commonest(values: ArrayLike<number>, most: number): number[] {
  const counts = new Map<number, number>();
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most);
  return ranked.map(([value]) => value).sort((a, b) => a - b);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
