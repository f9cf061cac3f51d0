/**
 * Threads must not be stopped while they are in ONNX Runtime: its binding cannot give back a result to an environment that
 * is going away, and ends the process with an abort. Node stops all threads of a process that exits, so exiting waits.
 */
/** In a thread's shared cell: whether it is at something. Set by whoever asks, cleared by the thread. */
export const idle = 0;
export const busy = 1;
/** A thread that died without a word is not waited for for ever. */
const longestWaitMs = 30_000;
const cells = new Set();
/** A cell for a thread, which process.exit() waits for as long as it says `busy`. */
export function liveCell() {
    if (cells.size === 0)
        process.on('exit', waitForAll);
    const cell = new Int32Array(new SharedArrayBuffer(4));
    cells.add(cell);
    return cell;
}
export function forgetCell(cell) {
    if (cells.delete(cell) && cells.size === 0)
        process.off('exit', waitForAll);
}
function waitForAll() {
    const deadline = performance.now() + longestWaitMs;
    for (const cell of cells)
        Atomics.wait(cell, 0, busy, Math.max(0, deadline - performance.now()));
}
