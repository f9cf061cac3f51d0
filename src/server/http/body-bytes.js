import { torchError } from '../../errors.js';
export function tooLarge(limit) {
    return torchError('ERR_PAYLOAD_TOO_LARGE', `Expected a body of at most ${limit} bytes but received a larger one`);
}
