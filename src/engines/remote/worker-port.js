import { Worker } from 'node:worker_threads';
import { torchError } from '../../errors.js';
import { busy, forgetCell, idle, liveCell } from './exit-guard.js';
/**
 * A worker thread with one instance of a model. It is asked one thing at a time.
 * @typeParam Q its requests, `run` and `release` among them
 * @typeParam A its replies, by the kind of request
 */
export class WorkerPort {
    #worker;
    #title;
    #ended;
    #cell = liveCell();
    #asked;
    #gone;
    #onIdle = () => undefined;
    #onGone = () => undefined;
    constructor({ url, name, title, workerData }) {
        this.#title = title;
        this.#worker = new Worker(url, {
            name,
            workerData: { ...workerData, cell: this.#cell },
            execArgv: [], // loaders and inspectors of the program are no business of this thread
        });
        this.#worker.on('message', (reply) => {
            this.#answer(reply);
        });
        this.#worker.on('messageerror', (error) => {
            this.#end(error.message);
        });
        this.#worker.on('error', (error) => {
            this.#end(error.code ?? error.name);
        });
        this.#ended = new Promise((resolve) => {
            this.#worker.once('exit', (code) => {
                this.#end(`exit code ${code}`);
                forgetCell(this.#cell);
                resolve();
            });
        });
    }
    /** Called once, when the thread has ended by itself. */
    set onGone(listener) {
        this.#onGone = listener;
    }
    ask(request, transfer = []) {
        return this.#post(request, transfer);
    }
    run({ transfer, ...request }) {
        return this.#post({ kind: 'run', ...request }, transfer);
    }
    async release() {
        await this.#post({ kind: 'release' }, []);
    }
    /** Whether the thread keeps the process alive. */
    hold(held) {
        if (held)
            this.#worker.ref();
        else
            this.#worker.unref();
    }
    /** Ends the thread, after what it is at: to stop it in native code would end the process. */
    async end() {
        this.#onGone = () => undefined;
        this.#gone ??= torchError('ERR_DISPOSED', 'The model was disposed');
        if (this.#asked)
            await new Promise((resolve) => (this.#onIdle = resolve));
        await this.#worker.terminate();
        await this.#ended;
    }
    #post(request, transfer) {
        return new Promise((resolve, reject) => {
            if (this.#gone) {
                reject(this.#gone);
                return;
            }
            this.#asked = { resolve, reject };
            Atomics.store(this.#cell, 0, busy);
            try {
                this.#worker.postMessage(request, transfer);
            }
            catch (error) {
                // Nothing was sent, so nothing answers: neither end() nor the process's exit may wait for it.
                this.#asked = undefined;
                Atomics.store(this.#cell, 0, idle);
                reject(error);
            }
        });
    }
    #answer(reply) {
        const asked = this.#asked;
        this.#asked = undefined;
        if ('code' in reply)
            asked?.reject(torchError(reply.code, reply.message));
        else
            asked?.resolve(reply.value);
        this.#onIdle();
    }
    #end(why) {
        if (!this.#gone) {
            this.#gone = torchError('ERR_INTERNAL', `${this.#title} has ended (${why}); load the model again`);
            this.#onGone(this.#gone);
        }
        Atomics.store(this.#cell, 0, idle);
        this.#asked?.reject(this.#gone);
        this.#asked = undefined;
        this.#onIdle();
    }
}
