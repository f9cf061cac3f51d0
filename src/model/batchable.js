export function isBatchable(model) {
    return typeof model?.runBatch === 'function';
}
