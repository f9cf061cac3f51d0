import { describe, torchError } from '../../errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Highest } from './highest.js';
import { checkLabels, type Ranked } from './ranked.js';
import { floatRows, notFinite } from './float-rows.js';

/**
 * The k highest scores of each row, the highest first, as `torch.topk(scores, k)`; but equal scores come in the order of
 * their indices, and a NaN is refused (`torch.topk` calls it the highest). Infinities are scores like any other.
 * @param scores floating-point `[…, classes]`
 * @param k 1 to the number of classes
 * @param labels one for each class
 * @returns one array for each row, in row-major order
 * @throws ERR_INVALID_ARGUMENT (labels), ERR_INVALID_DTYPE, ERR_INVALID_SHAPE (rank 0), ERR_OUT_OF_RANGE (k), ERR_NOT_FINITE (NaN)
 */
export function topK(scores: Tensor, k: number, labels?: readonly string[]): Ranked[][] {
  const { values, rows, width } = floatRows(scores, 'scores');
  if (!Number.isInteger(k) || k < 1 || k > width) {
    throw torchError('ERR_OUT_OF_RANGE', `Expected an integer from 1 to ${width} for k but received ${describe(k)}`);
  }
  checkLabels(labels, width);
  return Array.from({ length: rows }, (_, row) => {
    const scoresOfRow = values.subarray(row * width, (row + 1) * width);
    if (scoresOfRow.some(Number.isNaN)) throw notFinite('scores', row);
    return highest(scoresOfRow, k).map((index) => ({
      index,
      label: labels?.[index],
      score: scoresOfRow[index] as number,
    }));
  });
}

function highest(scores: Float32Array | Float64Array, k: number): number[] {
  const best = new Highest(k);
  best.offer(scores);
  return Array.from(best.lowestFirst(), ({ index }) => index).reverse();
}
