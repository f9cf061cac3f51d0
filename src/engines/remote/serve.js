/** The worker's side: answers one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { torchError, TorchError } from '../../errors.js';
import { idle } from './exit-guard.js';
/**
 * @param handle gives the reply's value, and puts memory that goes with it into `transfer`
 * @param messageOf the message of an error that is not ours, without anything secret
 */
export function serveRequests(handle, messageOf) {
    const { cell } = workerData;
    const nowIdle = () => {
        Atomics.store(cell, 0, idle);
        Atomics.notify(cell, 0);
    };
    const answer = async (request) => {
        const transfer = [];
        let reply;
        try {
            reply = { value: await handle(request, transfer) };
        }
        catch (error) {
            const { code, message } = error instanceof TorchError ? error : torchError('ERR_INTERNAL', messageOf(error.message));
            reply = { code, message };
        }
        nowIdle(); // first: the next request may be on its way before postMessage returns
        parentPort?.postMessage(reply, transfer);
    };
    parentPort?.on('message', (request) => {
        void answer(request);
    });
    // An error that nothing caught: whoever waits for this thread must not wait on.
    process.once('exit', nowIdle);
}
