import { setTimeout as delay } from 'node:timers/promises';
import { startSettled } from './torch/started-addon.js';

/** LibTorch opens in a second. A supervisor that has asked for the end waits only a little longer than a drain takes. */
const openLimitMs = 3000;

/**
 * Ends the process once nothing opens LibTorch any more, for a limited time. Deno's `process.exit` destroys LibTorch's static objects
 * while a thread still opens it, and the process crashes. (Node's waits by itself.)
 */
export async function exitWhenOpened(code: number): Promise<void> {
  await Promise.race([startSettled(), delay(openLimitMs)]);
  process.exit(code);
}
