import { Worker } from 'node:worker_threads';
import { errorOf, torchError, type TorchError } from '../../errors.js';
import { busy, forgetCell, idle, liveCell } from './exit-guard.js';
import type { InstancePort, Submission } from './instance-queue.js';
import type { InstanceReplies, InstanceRequest, Reply, RunReply } from './protocol.js';

export interface WorkerPlan {
  /** The worker's entry, which calls `serveRequests`. */
  readonly url: URL;
  /** As the thread is called in debuggers. */
  readonly name: string;
  /** As errors call it: "The thread of the ONNX model". */
  readonly title: string;
  readonly workerData: object;
}

interface Asked {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type AnyRequest = { readonly kind: string };

/**
 * A worker thread with one instance of a model. It is asked one thing at a time.
 * @typeParam Q its requests, `run` and `release` among them
 * @typeParam A its replies, by the kind of request
 */
export class WorkerPort<
  Q extends AnyRequest = InstanceRequest,
  A extends InstanceReplies & Record<Q['kind'], unknown> = InstanceReplies & Record<Q['kind'], unknown>,
> implements InstancePort {
  readonly #worker: Worker;
  readonly #title: string;
  readonly #ended: Promise<void>;
  readonly #cell = liveCell();
  #asked: Asked | undefined;
  #gone: TorchError | undefined;
  #onIdle: () => void = () => undefined;
  #onGone: (error: TorchError) => void = () => undefined;

  constructor({ url, name, title, workerData }: WorkerPlan) {
    this.#title = title;
    this.#worker = new Worker(url, {
      name,
      workerData: { ...workerData, cell: this.#cell },
      execArgv: [], // loaders and inspectors of the program are no business of this thread
    });
    this.#worker.on('message', (reply: Reply) => {
      this.#answer(reply);
    });
    this.#worker.on('messageerror', (error: Error) => {
      this.#end(error.message);
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
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
  set onGone(listener: (error: TorchError) => void) {
    this.#onGone = listener;
  }

  ask<K extends Q['kind']>(
    request: Extract<Q, { readonly kind: K }>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<A[K]> {
    return this.#post(request, transfer);
  }

  run({ transfer, ...request }: Submission): Promise<RunReply> {
    return this.#post({ kind: 'run', ...request }, transfer);
  }

  async release(): Promise<void> {
    await this.#post({ kind: 'release' }, []);
  }

  /** Whether the thread keeps the process alive. */
  hold(held: boolean): void {
    if (held) this.#worker.ref();
    else this.#worker.unref();
  }

  /** Ends the thread, after what it is at: to stop it in native code would end the process. */
  async end(): Promise<void> {
    this.#onGone = () => undefined;
    this.#gone ??= torchError('ERR_DISPOSED', 'The model was disposed');
    if (this.#asked) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#worker.terminate();
    await this.#ended;
  }

  #post<V>(request: AnyRequest | InstanceRequest, transfer: readonly ArrayBuffer[]): Promise<V> {
    return new Promise((resolve, reject) => {
      if (this.#gone) {
        reject(this.#gone);
        return;
      }
      this.#asked = { resolve, reject };
      Atomics.store(this.#cell, 0, busy);
      try {
        this.#worker.postMessage(request, transfer);
      } catch (error) {
        // Nothing was sent, so nothing answers: neither end() nor the process's exit may wait for it.
        this.#asked = undefined;
        Atomics.store(this.#cell, 0, idle);
        reject(error);
      }
    });
  }

  #answer(reply: Reply): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if ('code' in reply) asked?.reject(errorOf(reply));
    else asked?.resolve(reply.value as never);
    this.#onIdle();
  }

  #end(why: string): void {
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
