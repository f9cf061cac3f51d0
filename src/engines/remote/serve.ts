/** The worker's side: answers one request after the other. */

import { parentPort, workerData } from 'node:worker_threads';
import { sayError, torchError, TorchError } from '../../errors.js';
import { idle } from './exit-guard.js';
import type { Reply, WorkerCell } from './protocol.js';

/**
 * @param handle gives the reply's value, and puts memory that goes with it into `transfer`
 * @param messageOf the message of an error that is not ours, without anything secret
 */
export function serveRequests(
  handle: (request: never, transfer: ArrayBuffer[]) => Promise<unknown>,
  messageOf: (message: string) => string,
): void {
  const { cell } = workerData as WorkerCell;
  const nowIdle = (): void => {
    Atomics.store(cell, 0, idle);
    Atomics.notify(cell, 0);
  };
  const answer = async (request: unknown): Promise<void> => {
    const transfer: ArrayBuffer[] = [];
    let reply: Reply;
    try {
      reply = { value: await handle(request as never, transfer) };
    } catch (error) {
      reply = sayError(
        error instanceof TorchError ? error : torchError('ERR_INTERNAL', messageOf((error as Error).message)),
      );
    }
    nowIdle(); // first: the next request may be on its way before postMessage returns
    parentPort?.postMessage(reply, transfer);
  };
  parentPort?.on('message', (request: unknown) => {
    void answer(request);
  });
  // An error that nothing caught: whoever waits for this thread must not wait on.
  process.once('exit', nowIdle);
}
