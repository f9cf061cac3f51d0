import { torchError } from '../errors.js';
import { argmax, softmaxAt } from '../tasks/scores/softmax.js';

/** One answer for each row. */
export interface Classes {
  /** The index of the most probable class; of equal ones the lowest. */
  readonly predictions: number[];
  /** The probability of that class. */
  readonly confidenceScores: number[];
}

/** A probability that rounding has put above 1 is still one. */
const tolerance = 1e-3;

/**
 * The most probable class of each row and its probability.
 * @param scores row-major, `rows × classes`
 * @param activation `softmax` for logits, `none` for probabilities
 * @throws ERR_BAD_OUTPUT when a row holds NaN, has no finite maximum, or is no probability although it should be
 */
export function classify(scores: Float32Array, rows: number, classes: number, activation: 'softmax' | 'none'): Classes {
  const predictions: number[] = [];
  const confidenceScores: number[] = [];
  for (let row = 0; row < rows; row++) {
    const values = scores.subarray(row * classes, (row + 1) * classes);
    const best = argmax(values);
    const score = values[best] as number;
    if (values.some(Number.isNaN) || !Number.isFinite(score)) {
      throw torchError('ERR_BAD_OUTPUT', `Expected finite scores from the model but row ${row} has none, or a NaN`);
    }
    if (activation === 'none' && !(score >= 0 && score <= 1 + tolerance)) {
      throw torchError(
        'ERR_BAD_OUTPUT',
        `Expected probabilities from the model but the highest of row ${row} is no such`,
      );
    }
    predictions.push(best);
    confidenceScores.push(activation === 'softmax' ? softmaxAt(values, best) : Math.min(score, 1));
  }
  return { predictions, confidenceScores };
}
