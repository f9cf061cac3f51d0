import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { resolveFrom } from '../../files/resolve.js';
/** Loads onnxruntime-node and waits for ever: a port with a listener keeps a thread alive. */
const code = `
const { parentPort, workerData } = require('node:worker_threads');
parentPort.on('message', () => undefined);
require(workerData);
parentPort.postMessage('held');`;
let held;
/**
 * onnxruntime-node before 1.25 can be loaded again only while another thread has it: its binding tells Node of itself once in
 * a process, and Node forgets it with the last thread. A thread of its own keeps it, and does not keep the process.
 */
export function holdBinding(runtimePath) {
    return (held ??= registersOnce(runtimePath) ? hold(runtimePath) : Promise.resolve());
}
function registersOnce(runtimePath) {
    try {
        const manifest = resolveFrom(dirname(runtimePath), 'onnxruntime-node/package.json');
        const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
        const [major = 0, minor = 0] = version.split('.').map(Number);
        return major === 1 && minor < 25;
    }
    catch {
        return false;
    }
}
/** Resolves when it has been loaded, or cannot be: whoever needs it says so. */
function hold(runtimePath) {
    const worker = new Worker(code, {
        name: 'node-libtorch onnx binding',
        eval: true,
        execArgv: [],
        workerData: runtimePath,
    });
    return new Promise((resolve) => {
        const done = () => {
            worker.unref();
            resolve();
        };
        worker.once('message', done);
        worker.once('error', done);
        worker.once('exit', () => {
            held = undefined;
            done();
        });
    });
}
