/** Entry of the image thread: encoded images in, planes out. */
import { parentPort } from 'node:worker_threads';
import { TorchError } from '../../errors.js';
import { decodeImage } from './decode.js';
import { planesOf } from './planes.js';
async function work({ id, bytes, spec }) {
    try {
        const planes = planesOf(await decodeImage(bytes, spec), spec);
        parentPort?.postMessage({ id, planes }, [planes.buffer]);
    }
    catch (error) {
        const code = error instanceof TorchError ? error.code : 'ERR_INTERNAL';
        parentPort?.postMessage({ id, code, message: error.message });
    }
}
// The other side hands out as many as are to be decoded at a time.
parentPort?.on('message', (job) => {
    void work(job);
});
