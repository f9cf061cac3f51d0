import { expect } from 'chai';
import { TorchError, type ErrorCode } from '#dist/errors.js';

/** The error of a code that an action throws at once. */
export function caught(action: () => unknown, code: ErrorCode): TorchError {
  try {
    action();
  } catch (error) {
    expect(error).to.be.instanceOf(TorchError).with.property('code', code);
    return error as TorchError;
  }
  throw new Error(`expected ${code}`);
}
