import { expect } from 'chai';
import { TorchError } from '#dist/errors.js';
/** The error of a code that an action throws at once. */
export function caught(action, code) {
    try {
        action();
    }
    catch (error) {
        expect(error).to.be.instanceOf(TorchError).with.property('code', code);
        return error;
    }
    throw new Error(`expected ${code}`);
}
