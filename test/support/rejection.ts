import type { TorchError } from '#dist/errors.js';

/** What a promise rejects with. Throws when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<TorchError> {
  try {
    await promise;
  } catch (error) {
    return error as TorchError;
  }
  throw new Error('expected a rejection');
}
