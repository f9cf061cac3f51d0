/** THE TABLE of tasks. Types, the record's schema, its faults, labels and answers are made from its rows. */
import { describe, torchError } from '../../errors.js';
import { classification } from './classification.js';
import { embedding } from './embedding.js';
import { imageFaults, imageSchema } from './images.js';
import { multiLabel } from './multi-label.js';
import { other } from './other.js';
const rows = [classification, multiLabel, embedding, other];
export const taskKinds = rows;
const byType = new Map(taskKinds.map((kind) => [kind.type, kind]));
/** The row of a task; undefined for what has none. */
export function taskKindOf(task) {
    return task && byType.get(task.type);
}
/** @throws ERR_TASK for a task without an answer */
export function answeringKind(task) {
    const kind = taskKindOf(task);
    if (kind?.decode)
        return kind;
    const types = taskKinds.filter((row) => 'decode' in row).map(({ type }) => type);
    throw torchError('ERR_TASK', `Expected a task of type ${types.join(', ')} but received ${describe(task?.type)}`);
}
/** What each position of the output's last dimension stands for; undefined where the task says nothing of it. */
export function labelsOf(task) {
    return taskKindOf(task)?.labels?.(task);
}
/** What a task says that the signature does not bear out. */
export function* taskFaults(task, signature) {
    yield* taskKindOf(task)?.faults(task, signature) ?? [];
    if (task.image)
        yield* imageFaults(task.image, signature);
}
/** A record's member `task`: one of the kinds. Its `type` says which, so that faults are told of that kind alone. */
export function taskSchema() {
    return {
        type: 'object',
        required: ['type'],
        discriminator: { propertyName: 'type' },
        oneOf: taskKinds.map(({ type, members, optional = [] }) => ({
            type: 'object',
            required: ['type', ...Object.keys(members).filter((name) => !optional.includes(name))],
            properties: { type: { type: 'string', const: type }, ...members, image: imageSchema },
            additionalProperties: false,
        })),
    };
}
