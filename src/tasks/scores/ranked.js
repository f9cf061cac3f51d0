import { expected } from '../../errors.js';
/** Higher scores first; of equal ones the lower index. */
export function byScore(scores) {
    // Not a subtraction: ∞ − ∞ is NaN, and a comparison by it leaves them in no order.
    return (a, b) => {
        const [x, y] = [scores[a], scores[b]];
        return x === y ? a - b : x > y ? -1 : 1;
    };
}
/** @throws ERR_INVALID_ARGUMENT unless there are as many labels as scores in a row, all of them strings */
export function checkLabels(labels, width) {
    if (labels === undefined)
        return;
    if (!Array.isArray(labels))
        throw expected('an array of strings', 'labels', labels);
    if (labels.length !== width)
        throw expected(`${width} strings, one for each score of a row,`, 'labels', labels);
    const wrong = labels.findIndex((label) => typeof label !== 'string');
    if (wrong !== -1)
        throw expected('a string', `labels[${wrong}]`, labels[wrong]);
}
