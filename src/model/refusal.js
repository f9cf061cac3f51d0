import { TorchError } from '../errors.js';
/** What would end any other run too. */
const fatal = [
    'ERR_DISPOSED',
    'ERR_DRAINING',
    'ERR_TIMEOUT',
    'ERR_DEVICE_FAILED',
    'ERR_DEVICE_UNAVAILABLE',
];
/** Whether an error is no refusal of what was run, but the end of running: an abort, a disposed model, a lost device. */
export function isFatal(error) {
    return !(error instanceof TorchError) || fatal.includes(error.code);
}
/** What an error says first: the rest of an engine's message is for its authors. */
export function firstLine(error) {
    const [line = ''] = error.message.split('\n');
    return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
