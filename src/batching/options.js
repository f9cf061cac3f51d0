import * as check from '../check.js';
import { expected, torchError } from '../errors.js';
export const lowestPriority = 10;
const numbers = {
    maxDelayMs: [0, 60_000],
    maxQueueBytes: [1, Number.MAX_SAFE_INTEGER],
    timeoutMs: [0, Infinity],
    targetP95Ms: [0, Infinity],
    agingMs: [0, 3_600_000],
};
const known = [
    ...['maxBatchSize', 'maxQueueSize', 'defaultPriority', 'allowedBatchSizes', 'rowIndependent', 'checkRows'],
    ...Object.keys(numbers),
];
/**
 * @param maxRows the most rows that the model takes; maxBatchSize is never more
 * @throws ERR_INVALID_ARGUMENT naming the option
 */
export function resolveBatchOptions(options, maxRows = Infinity) {
    check.options('BatchQueue', options, known);
    const { rowIndependent } = options;
    if (rowIndependent !== undefined)
        check.boolean('rowIndependent', rowIndependent);
    const { maxBatchSize: wanted = 32, maxQueueSize = 1024, defaultPriority = 5, allowedBatchSizes } = options;
    check.integer('maxBatchSize', wanted, 1, 1_000_000);
    const maxBatchSize = Math.min(wanted, maxRows);
    check.integer('maxQueueSize', maxQueueSize, 1, 100_000_000);
    check.integer('defaultPriority', defaultPriority, 1, lowestPriority);
    const { checkRows = 1000 } = options;
    check.integer('checkRows', checkRows, 0, 1_000_000_000);
    for (const [name, [min, max]] of Object.entries(numbers)) {
        const value = options[name];
        if (value !== undefined)
            check.number(name, value, min, max);
        if (value === 0 && (name === 'timeoutMs' || name === 'targetP95Ms'))
            throw expected('a number above 0', name, value);
    }
    return {
        maxBatchSize,
        maxDelayMs: options.maxDelayMs ?? 0,
        allowedBatchSizes: allowedBatchSizes === undefined ? undefined : withinRows(sortedSizes(allowedBatchSizes, wanted), maxRows),
        maxQueueSize,
        maxQueueBytes: options.maxQueueBytes ?? 256 * 2 ** 20,
        timeoutMs: options.timeoutMs ?? Infinity,
        targetP95Ms: options.targetP95Ms ?? Infinity,
        defaultPriority,
        agingMs: options.agingMs ?? 100,
        checkRows,
    };
}
function sortedSizes(sizes, maxBatchSize) {
    const given = sizes;
    if (!Array.isArray(given))
        throw expected('an array of sizes', 'allowedBatchSizes', sizes);
    for (const size of sizes)
        check.integer('a size in allowedBatchSizes', size, 1, maxBatchSize);
    const sorted = [...new Set(sizes)].sort((a, b) => a - b);
    if (sorted.at(-1) !== maxBatchSize) {
        throw expected(`maxBatchSize (${maxBatchSize}) as the largest size`, 'allowedBatchSizes', sorted.at(-1));
    }
    return sorted;
}
/** The sizes that the model takes, its largest run among them where it is less than what was asked for. */
function withinRows(sizes, maxRows) {
    const within = sizes.filter((size) => size <= maxRows);
    return within.length === sizes.length ? sizes : [...new Set([...within, maxRows])];
}
/** @throws ERR_STATEFUL_MODEL or ERR_NOT_BATCHABLE for a model whose requests must not share a run */
export function requireBatchable(model, rowIndependent) {
    if (model.info.stateful) {
        throw torchError('ERR_STATEFUL_MODEL', 'The model keeps state, so its requests must not share a run');
    }
    if (rowIndependent || model.warmupReport?.rowIndependent)
        return;
    const why = model.warmupReport?.rowIndependence ?? 'it was never checked: call model.warmup() first';
    throw notIndependent(why);
}
/** ERR_NOT_BATCHABLE with the reason, and the way to batch all the same. */
export function notIndependent(why) {
    const isSaid = why.includes('rowIndependent: true');
    const way = isSaid ? '' : '; rowIndependent: true (serve: --row-independent on) takes your word for it';
    return torchError('ERR_NOT_BATCHABLE', `Expected a model whose rows are independent, but ${why}${way}`);
}
