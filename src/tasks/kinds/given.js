import { describe, expected, torchError } from '../../errors.js';
import { taskKindOf, taskKinds } from './index.js';
/**
 * A task with all of its members: those that are left out are the usual ones of its kind. Labels that are left out are the
 * numbers of the classes, where the signature says how many there are.
 * @throws ERR_INVALID_ARGUMENT for a type that is none, and where labels are needed and their number is unknown
 */
export function completeTask(given, signature) {
    const kind = taskKindOf(given);
    if (!kind)
        throw expected(`one of ${taskKinds.map(({ type }) => type).join(', ')}`, 'the type of a task', given?.type);
    const complete = { ...kind.defaults, ...given };
    if (!('labels' in kind.members) || 'labels' in complete)
        return complete;
    const classes = signature?.outputs[0]?.shape?.at(-1);
    if (typeof classes !== 'number') {
        throw torchError('ERR_INVALID_ARGUMENT', `Expected labels with a task of type ${given.type}: the model does not say how many classes it has ` +
            `(its first output is ${describe(signature?.outputs[0]?.name)})`);
    }
    return { ...complete, labels: Array.from({ length: classes }, (_, index) => String(index)) };
}
