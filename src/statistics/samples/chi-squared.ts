import * as check from '../../check.js';
import { expected as expectedError } from '../../errors.js';
import { isNumbers } from '../bins.js';
import { chiSquaredTail } from '../special/gamma.js';
import type { TestResult } from './ks.js';

export interface ChiSquaredResult extends TestResult {
  readonly degreesOfFreedom: number;
}

export interface ContingencyOptions {
  /** Yates' correction of tables of two rows and two columns. Default: true, as scipy has it. */
  readonly correction?: boolean;
}

/**
 * Pearson's chi-squared test of whether rows of counts have the same shares, equal to `scipy.stats.chi2_contingency`.
 * @throws ERR_INVALID_ARGUMENT for fewer than two rows, rows of different lengths, counts below 0, and a row or a column of
 * zeros
 * @example
 * chiSquared([[10, 20, 30], [30, 20, 10]]); // { statistic: 20, pValue: 0.0000453…, degreesOfFreedom: 2 }
 */
export function chiSquared(rows: readonly ArrayLike<number>[], options: ContingencyOptions = {}): ChiSquaredResult {
  check.options('chiSquared', options, ['correction']);
  const { correction = true } = options;
  check.boolean('correction', correction);
  if (!Array.isArray(rows) || rows.length < 2) throw expectedError('two rows of counts or more', 'rows', rows);
  const counts = rows.map((row, i) => countsOf(`rows[${i}]`, row));
  const columns = (counts[0] as number[]).length;
  for (const [i, row] of counts.entries()) check.integer(`the length of rows[${i}]`, row.length, columns, columns);
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const rowSums = counts.map(sum);
  const columnSums = Array.from({ length: columns }, (_, j) => sum(counts.map((row) => row[j] as number)));
  for (const [i, of] of rowSums.entries()) if (of === 0) throw expectedError('a count above 0', `rows[${i}]`, 0);
  for (const [j, of] of columnSums.entries()) if (of === 0) throw expectedError('a count above 0', `column ${j}`, 0);
  const all = sum(rowSums);
  const degreesOfFreedom = (rows.length - 1) * (columns - 1);
  if (degreesOfFreedom === 0) return { statistic: 0, pValue: 1, degreesOfFreedom };
  let statistic = 0;
  for (const [i, row] of counts.entries()) {
    for (const [j, observed] of row.entries()) {
      const expected = ((rowSums[i] as number) * (columnSums[j] as number)) / all;
      const off = Math.abs(observed - expected);
      const corrected = correction && degreesOfFreedom === 1 ? off - Math.min(0.5, off) : off;
      statistic += corrected ** 2 / expected;
    }
  }
  return { statistic, pValue: chiSquaredTail(statistic, degreesOfFreedom), degreesOfFreedom };
}

/**
 * Pearson's chi-squared test of counts against expected ones, equal to `scipy.stats.chisquare`.
 * @param expected as many as there are counts, with the same sum to 1.5e-8 of it. Default: all the same
 * @throws ERR_INVALID_ARGUMENT for counts below 0, other lengths, other sums, and an expected count of 0
 */
export function chiSquaredFit(observed: ArrayLike<number>, expected?: ArrayLike<number>): ChiSquaredResult {
  const counts = countsOf('observed', observed);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const wanted = expected === undefined ? counts.map(() => total / counts.length) : countsOf('expected', expected);
  check.integer('the length of expected', wanted.length, counts.length, counts.length);
  const wantedTotal = wanted.reduce((sum, count) => sum + count, 0);
  if (Math.abs(wantedTotal - total) > Math.sqrt(Number.EPSILON) * Math.min(wantedTotal, total)) {
    throw expectedError(`a sum of ${total}, as observed has`, 'expected', wantedTotal);
  }
  let statistic = 0;
  for (const [i, count] of counts.entries()) {
    if (wanted[i] === 0) throw expectedError('a count above 0', `expected[${i}]`, 0);
    statistic += (count - (wanted[i] as number)) ** 2 / (wanted[i] as number);
  }
  const degreesOfFreedom = counts.length - 1;
  return {
    statistic,
    pValue: degreesOfFreedom === 0 ? 1 : chiSquaredTail(statistic, degreesOfFreedom),
    degreesOfFreedom,
  };
}

function countsOf(name: string, values: unknown): number[] {
  if (!isNumbers(values) || values.length === 0)
    throw expectedError('an array of counts that is not empty', name, values);
  const counts = Array.from(values);
  for (const [i, count] of counts.entries()) check.number(`${name}[${i}]`, count, 0, Number.MAX_VALUE);
  return counts;
}
