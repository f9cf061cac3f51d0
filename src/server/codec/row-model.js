import { InputError, torchError } from '../../errors.js';
import { maxFaults, rangeFault } from '../../signature/range.js';
import { taskKindOf } from '../../tasks/kinds/index.js';
import { Tensor } from '../../tensor/tensor.js';
import { pointed } from './faults.js';
/**
 * @throws ERR_TASK unless the model has a task with answers, and takes one float32 input whose only free dimension is the
 * first
 */
export function rowModel(served) {
    const { name, version, signature } = served;
    const { hasBestClass = false } = requireTask(served);
    const [input, ...others] = signature?.inputs ?? [];
    const [batch, ...tail] = input?.shape ?? [];
    const isRows = input?.dtype === 'float32' && others.length === 0 && batch === null;
    if (!isRows || !tail.every((size) => size !== null)) {
        throw torchError('ERR_TASK', `Expected one float32 input of shape [?, features] for input_data but ${name} ${version} takes others: ` +
            `give inputs by name, or use /v2/models/${encodeURIComponent(name)}/infer`);
    }
    // A function for each: what many requests go through has nothing between it and the model.
    return {
        features: tail.reduce((product, size) => product * size, 1),
        range: input.range,
        hasBestClass,
        async predict(given, options) {
            const { rows, batchSize, bounds } = given;
            const tensor = new Tensor('float32', rows, [batchSize, ...tail]);
            const own = { topK: 1, rows: batchSize, owned: true, ...(bounds && { bounds }) };
            try {
                const answer = await served.predict(tensor, { ...options, ...own });
                return { ...classesOf(answer), timings: answer.timings };
            }
            catch (error) {
                throw inRequestTerms(error, given, input.range);
            }
        },
        async answer(given, options) {
            const { rows, batchSize, bounds } = given;
            const tensor = new Tensor('float32', rows, [batchSize, ...tail]);
            try {
                return await served.predict(tensor, { ...options, owned: true, ...(bounds && { bounds }) });
            }
            catch (error) {
                throw inRequestTerms(error, given, input.range);
            }
        },
    };
}
/** The row of a model's task. @throws ERR_TASK without a task, and for one that has no answers */
export function requireTask({ name, version, task, record }) {
    const kind = taskKindOf(task);
    if (kind?.decode)
        return kind;
    const what = kind ? `has the task ${kind.type}` : record ? 'has another task' : 'has no record and no task';
    throw torchError('ERR_TASK', `Expected a model with a task that has answers but ${name} ${version} ${what}: ` +
        `POST /v2/models/${encodeURIComponent(name)}/infer gives the outputs of any model`);
}
function classesOf({ rows }) {
    const predictions = [];
    const confidenceScores = [];
    for (const [best] of rows) {
        if (!best)
            continue; // a kind that has a best class has one for every row
        predictions.push(best.index);
        confidenceScores.push(best.score);
    }
    return { predictions, confidenceScores };
}
/**
 * An error of the model's door, whose faults name elements, in the terms of the request; other errors as they are. An
 * infinity is out of range here: in JSON it is a number that is too large.
 */
export function inRequestTerms(error, rows, range) {
    if (!(error instanceof InputError) || !error.faults)
        return error;
    const faults = error.faults.length > 0 ? error.faults : hiddenFaults(rows, range);
    return pointed(faults[0]?.isNaN ? 'ERR_NOT_FINITE' : 'ERR_OUT_OF_RANGE', faults, error);
}
/** Numbers that are outside of the range until float32 rounds them into it. */
function hiddenFaults({ numbers = () => [] }, [min, max] = [-Infinity, Infinity]) {
    const faults = [];
    for (const [element, value] of Array.from(numbers()).entries()) {
        if (value >= min && value <= max)
            continue;
        if (faults.push(rangeFault('input_data', element, value, [min, max])) === maxFaults)
            break;
    }
    return faults;
}
