import { expected, torchError } from '../../errors.js';
import { byScore, checkLabels } from './ranked.js';
import { floatRows, notFinite } from './float-rows.js';
/**
 * The labels of each row whose probability is at least the threshold, the most probable first, equal ones by index: any
 * number of them, or none. For logits, `multiLabel(sigmoid(logits))`.
 * @param scores floating-point `[…, labels]`, probabilities
 * @returns one array for each row, in row-major order
 * @throws ERR_INVALID_ARGUMENT (labels, threshold), ERR_INVALID_DTYPE, ERR_INVALID_SHAPE (rank 0), ERR_NOT_FINITE,
 * ERR_OUT_OF_RANGE (a score that is no probability)
 */
export function multiLabel(scores, { threshold = 0.5, labels } = {}) {
    const { values, rows, width } = floatRows(scores, 'scores');
    if (typeof threshold !== 'number' || !(threshold >= 0 && threshold <= 1)) {
        throw expected('a number from 0 to 1', 'threshold', threshold);
    }
    checkLabels(labels, width);
    return Array.from({ length: rows }, (_, row) => {
        const scoresOfRow = values.subarray(row * width, (row + 1) * width);
        checkProbabilities(scoresOfRow, row);
        return Array.from(scoresOfRow.keys())
            .filter((index) => scoresOfRow[index] >= threshold)
            .sort(byScore(scoresOfRow))
            .map((index) => ({ index, label: labels?.[index], score: scoresOfRow[index] }));
    });
}
function checkProbabilities(scores, row) {
    for (const score of scores) {
        if (!Number.isFinite(score))
            throw notFinite('scores', row);
        if (score < 0 || score > 1) {
            throw torchError('ERR_OUT_OF_RANGE', `Expected probabilities from 0 to 1 for scores but row ${row} holds others`);
        }
    }
}
