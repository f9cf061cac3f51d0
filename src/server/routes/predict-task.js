import { Tensor } from '../../tensor/tensor.js';
import { torchError } from '../../errors.js';
import { toMicroseconds } from '../call.js';
import { invalidBody } from '../codec/body-form.js';
import { requireTask } from '../codec/row-model.js';
import { contentOf, isObject, namedValues, onlyInput } from '../codec/values.js';
import { decoding, requireImageBytes } from '../codec/image-room.js';
import { interfaceOf } from '../inference/model-interface.js';
import { requireRoomFor } from '../readiness.js';
/** Answers a request in any form for a model of any task that has answers. */
export async function answerInput(exchange, served, input, rowModelOf) {
    const { call, note } = exchange;
    requireTask(served);
    requireRoomFor(served, call.client);
    if (input.form === 'images')
        return answerImages(exchange, served, input.images, input.topK);
    const topK = topKOf(served, input.topK);
    const limits = () => ({ signal: call.signal, timeoutMs: call.timeLeft(), client: call.client, ...topK });
    if (input.form === 'rows') {
        const model = rowModelOf(served);
        const rows = input.rows(model);
        note.rows = rows.batchSize;
        note.shape = [rows.batchSize, model.features];
        respond(exchange, served, await model.answer(rows, limits()), input.topK);
        return;
    }
    const args = argumentsOf(served, input.inputs);
    const first = Object.values(args).find((value) => value instanceof Tensor);
    note.shape = first?.shape ?? [];
    note.rows = first?.shape[0] ?? 1;
    respond(exchange, served, await served.predict(args, { ...limits(), owned: true }), input.topK);
}
/** Answers encoded images. @throws ERR_TASK for a model that says of none how they become its input; as `imageToTensor` */
export async function answerImages(exchange, served, images, asked) {
    const { call, note, context } = exchange;
    requireImages(served);
    const topK = topKOf(served, asked);
    requireImageBytes(context, images);
    note.rows = images.length;
    const { maxPixels } = context.imageLimits;
    const answer = await decoding(context, images, () => served.predict(images, {
        signal: call.signal,
        timeoutMs: call.timeLeft(),
        client: call.client,
        maxPixels,
        ...topK,
    }));
    respond(exchange, served, answer, asked);
}
/** @throws ERR_TASK */
export function requireImages(served) {
    requireTask(served);
    const { name, version, task } = served;
    if (task?.image)
        return;
    throw torchError('ERR_TASK', `Expected a model whose task says how images become its input but that of ${name} ${version} does not: ` +
        'give inputs, or serve it with --image-preset');
}
/** @throws ERR_VALIDATION for a task without classes, ERR_OUT_OF_RANGE for more than there are */
export function topKOf(served, topK) {
    const kind = requireTask(served);
    if (topK === undefined)
        return kind.hasBestClass ? { topK: 1 } : {};
    if (!kind.checkTopK)
        throw invalidBody('/top_k', `expected no value for a ${kind.type} model`);
    kind.checkTopK(served.task, topK);
    return { topK };
}
/** @throws ERR_INVALID_INPUT and its kin, naming the input */
function argumentsOf(served, inputs) {
    const model = interfaceOf(served);
    const [first] = model.inputs;
    // A tensor that names its dtype is an object too.
    const isNamed = isObject(inputs) && !('dtype' in inputs && 'data' in inputs && model.inputs.length === 1);
    if (isNamed)
        return model.argumentsOf(namedValues(inputs, model.inputs));
    const { name } = onlyInput(model.inputs, '/inputs');
    return model.argumentsOf([{ name, content: contentOf(inputs, first) }]);
}
function respond(exchange, served, answer, topK) {
    const { timings } = answer;
    exchange.note.inferenceMs = toMicroseconds(timings.runMs);
    exchange.note.queueMs = toMicroseconds(timings.queueMs);
    exchange.json(200, {
        ...requireTask(served).toJson?.(answer, topK),
        model_version: served.version,
        inference_time_ms: timings.runMs,
    });
}
