import { expect } from 'chai';
import { TorchError } from 'node-libtorch';
/** Awaits a rejection (or a synchronous throw inside `action`) with a code of ours, and returns it. */
export async function rejection(action, code) {
    try {
        await action();
    }
    catch (error) {
        expect(error, `an error with code ${code}`).to.be.instanceOf(TorchError);
        expect(error.code, error.message).to.equal(code);
        return error;
    }
    throw new Error(`expected ${code}, but nothing was thrown`);
}
