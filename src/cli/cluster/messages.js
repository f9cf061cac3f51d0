import { isErrorCode, TorchError, torchError } from '../../errors.js';
export function sayError(thrown) {
    if (thrown instanceof TorchError)
        return { code: thrown.code, message: thrown.message };
    return { code: 'ERR_INTERNAL', message: thrown instanceof Error ? thrown.message : String(thrown) };
}
export function errorOf({ code, message }) {
    return torchError(isErrorCode(code) ? code : 'ERR_INTERNAL', message);
}
/** Says it to the other side of a worker's channel, if there still is one. */
export function send(worker, message) {
    // Without a callback a channel that closes meanwhile would be an unhandled error.
    if (worker.isConnected())
        worker.send(message, () => undefined);
}
/** As `send`, with a connection that stays open on this side as well. */
export function sendConnection(worker, message, socket) {
    if (worker.isConnected())
        worker.process.send(message, socket, { keepOpen: true }, () => undefined);
}
const variable = 'NODE_LIBTORCH_WORKER';
export function environmentOf(assignment) {
    return { [variable]: JSON.stringify(assignment) };
}
/** Of this process, which is a worker. */
export function ownAssignment() {
    return JSON.parse(process.env[variable] ?? '');
}
