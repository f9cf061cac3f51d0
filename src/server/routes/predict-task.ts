import type { ServedAnswer, ServedModel } from '../../serving/index.js';
import type { Arguments } from '../../tensor/value.js';
import { Tensor } from '../../tensor/tensor.js';
import { torchError, withArticle } from '../../errors.js';
import { invalidBody } from '../codec/body-form.js';
import type { PredictionInput } from '../codec/prediction.js';
import { requireTask, type RowModelOf } from '../codec/row-model.js';
import { contentOf, isObject, namedValues, onlyInput } from '../codec/values.js';
import { decoding, requireImageBytes } from '../codec/image-room.js';
import type { Exchange } from '../http/exchange.js';
import { interfaceOf } from '../inference/model-interface.js';
import { requireRoomFor } from '../readiness.js';

/** Answers a request in any form for a model of any task that has answers. */
export async function answerInput(
  exchange: Exchange,
  served: ServedModel,
  input: PredictionInput,
  rowModelOf: RowModelOf,
): Promise<void> {
  const { call, note } = exchange;
  requireTask(served);
  requireRoomFor(served, call);
  if (input.form === 'images') return answerImages(exchange, served, input.images, input.topK);
  const topK = topKOf(served, input.topK);
  if (input.form === 'rows') {
    const model = rowModelOf(served);
    const rows = input.rows(model);
    note.rows = rows.batchSize;
    note.shape = [rows.batchSize, model.features];
    respond(exchange, served, await model.answer(rows, Object.assign(call.limits(), topK)), input.topK);
    return;
  }
  const args = argumentsOf(served, input.inputs);
  const first = Object.values(args).find((value) => value instanceof Tensor);
  note.shape = first?.shape ?? [];
  note.rows = first?.shape[0] ?? 1;
  respond(exchange, served, await served.predict(args, { owned: true, ...call.limits(), ...topK }), input.topK);
}

/** Answers encoded images. @throws ERR_TASK for a model that says of none how they become its input; as `imageToTensor` */
export async function answerImages(
  exchange: Exchange,
  served: ServedModel,
  images: readonly Buffer[],
  asked: number | undefined,
): Promise<void> {
  const { call, note, context } = exchange;
  requireImages(served);
  const topK = topKOf(served, asked);
  requireImageBytes(context, images);
  note.rows = images.length;
  const { maxPixels } = context.imageLimits;
  const answer = await decoding(context, images, () =>
    served.predict(images, { ...call.limits(), maxPixels, ...topK }),
  );
  respond(exchange, served, answer, asked);
}

/** @throws ERR_TASK */
export function requireImages(served: ServedModel): void {
  requireTask(served);
  const { name, version, task } = served;
  if (task?.image) return;
  throw torchError(
    'ERR_TASK',
    `Expected a model whose task says how images become its input but that of ${name} ${version} does not: ` +
      'give inputs, or serve it with --image-preset',
  );
}

/** @throws ERR_VALIDATION for a task without classes, ERR_OUT_OF_RANGE for more than there are */
export function topKOf(served: ServedModel, topK: number | undefined): { topK?: number } {
  const kind = requireTask(served);
  if (topK === undefined) return kind.hasBestClass ? { topK: 1 } : {};
  if (!kind.checkTopK) throw invalidBody('/top_k', `expected no value for ${withArticle(kind.type)} model`);
  kind.checkTopK(served.task as never, topK);
  return { topK };
}

/** @throws ERR_INVALID_INPUT and its kin, naming the input */
function argumentsOf(served: ServedModel, inputs: unknown): Arguments {
  const model = interfaceOf(served);
  const [first] = model.inputs;
  // A tensor that names its dtype is an object too.
  const isNamed = isObject(inputs) && !('dtype' in inputs && 'data' in inputs && model.inputs.length === 1);
  if (isNamed) return model.argumentsOf(namedValues(inputs, model.inputs));
  const { name } = onlyInput(model.inputs, '/inputs');
  return model.argumentsOf([{ name, content: contentOf(inputs, first as NonNullable<typeof first>) }]);
}

function respond(exchange: Exchange, served: ServedModel, answer: ServedAnswer, topK: number | undefined): void {
  const { timings } = answer;
  exchange.call.noteTimes(timings);
  const own = { model_version: served.version, inference_time_ms: timings.runMs };
  exchange.json(200, Object.assign({}, requireTask(served).toJson?.(answer, topK), own));
}
