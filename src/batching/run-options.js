import { checkRunOptions } from '../model/options.js';
/** Checks the options of a queue's run, but for the priority's value. @throws ERR_INVALID_ARGUMENT */
export function checkQueueRunOptions(options) {
    checkRunOptions(options, ['priority'], ['owned', 'bounds', 'client']);
}
