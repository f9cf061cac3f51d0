/** A row of one request and one answer. */
export function unary(rpc, row, answer) {
    return { ...row, rpc, answer };
}
/** A row whose answers, and perhaps requests, are streams. */
export function streaming(rpc, row, stream) {
    return { ...row, rpc, stream };
}
