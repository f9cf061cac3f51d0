/** Calibrations come from records, which anybody may write by hand. */
import type { Calibration, CalibrationFeature } from './calibration.js';
import { mostCalibratedClasses, mostCalibratedFeatures } from './fit.js';

/** Where a calibration is not what `fitCalibration` makes, and what is wrong there. */
export interface CalibrationFault {
  /** From the calibration on. */
  readonly path: readonly (string | number)[];
  readonly detail: string;
}

/**
 * The first fault of a calibration that was read; undefined where there is none, so that it may be used as one.
 * @param classes of the record's task; its confidences belong to so many
 */
export function calibrationFault(value: unknown, classes: number): CalibrationFault | undefined {
  const {
    rows,
    classes: own,
    edges,
    confidences,
    cells,
    confusions,
    groups,
    features,
  } = (value ?? {}) as Partial<Calibration>;
  const fault = (path: CalibrationFault['path'], detail: string): CalibrationFault => ({ path, detail });
  if (!isCount(rows) || rows < 1) return fault(['rows'], 'must be a number of rows, at least 1');
  if (own !== classes || classes > mostCalibratedClasses) {
    return fault(['classes'], `must be ${classes}, the classes of the task, and at most ${mostCalibratedClasses}`);
  }
  const isClass = (index: unknown): boolean => isCount(index) && index < classes;
  if (!isAscending(edges, 64) || edges.some((edge) => edge <= 0 || edge >= 1)) {
    return fault(['edges'], 'must be at most 64 ascending numbers between 0 and 1');
  }
  const bins = edges.length + 1;
  if (!isList(confidences, bins) || !confidences.every((each) => Number.isFinite(each) && each >= 0 && each <= 1)) {
    return fault(['confidences'], `must be ${bins} confidences from 0 to 1, one for each bin`);
  }
  const cell = indexOfBad(
    cells,
    classes,
    ([k, right, wrong]) => isClass(k) && isCounts(right, bins) && isCounts(wrong, bins),
  );
  if (cell !== undefined) return fault(['cells', ...cell], `must be a class and two lists of ${bins} counts`);
  const pair = indexOfBad(confusions, Infinity, ([from, to, count]) => isClass(from) && isClass(to) && isCount(count));
  if (pair !== undefined) return fault(['confusions', ...pair], 'must be two classes and a count');
  if (!Array.isArray(groups) || groups.length > 64 || !groups.every(isClass) || new Set(groups).size < groups.length) {
    return fault(['groups'], 'must be at most 64 different classes');
  }
  const feature = indexOfBad(features, mostCalibratedFeatures, (each) => isFeature(each, groups.length + 1));
  if (feature !== undefined)
    return fault(['features', ...feature], 'must have a name, bounds and counts that fit them');
  return undefined;
}

/** Where the first bad entry is; nowhere in particular for what is no list, or too long. */
function indexOfBad<T>(list: readonly T[] | undefined, most: number, isGood: (each: T) => boolean) {
  if (!Array.isArray(list) || list.length > most) return [];
  const index = list.findIndex((each: T) => typeof each !== 'object' || each === null || !isGood(each));
  return index < 0 ? undefined : [index];
}

function isFeature({ name, kind, edges, categories, right, wrong }: CalibrationFeature, groups: number): boolean {
  const bounds = kind === 'numeric' ? edges : categories;
  if (typeof name !== 'string' || !['numeric', 'categorical'].includes(kind) || !isAscending(bounds, 64)) return false;
  const isTable = (table: unknown): boolean =>
    isList(table, groups) && table.every((counts) => isCounts(counts, bounds.length + 2));
  return isTable(right) && isTable(wrong);
}

function isAscending(list: unknown, most: number): list is readonly number[] {
  if (!Array.isArray(list) || list.length > most) return false;
  return list.every((each, i) => Number.isFinite(each) && (i === 0 || each > (list[i - 1] as number)));
}

function isCounts(list: unknown, length: number): boolean {
  return isList(list, length) && list.every(isCount);
}

function isList(list: unknown, length: number): list is readonly unknown[] & readonly number[] {
  return Array.isArray(list) && list.length === length;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
