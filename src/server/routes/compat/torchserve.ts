/**
 * TorchServe's inference API. Sources: TorchServe's `docs/inference_api.md`, `docs/request_envelopes.md` and
 * `ts/torch_handler/{base_handler,image_classifier}.py`.
 */
import type { ServedAnswer, ServedModel } from '../../../serving/index.js';
import { taskKindOf } from '../../../tasks/kinds/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import { decoding, requireImageBytes, requireImageRoom } from '../../codec/image-room.js';
import { nestedJson } from '../../codec/nested-json.js';
import type { Exchange, Handler } from '../../http/exchange.js';
import { admit, infer, type InferTarget } from '../../inference/infer.js';
import { interfaceOf } from '../../inference/model-interface.js';
import { readiness } from '../../readiness.js';
import { objectOf, rowTexts } from './kserve.js';
import { targetOf } from '../target.js';
import { dataOf, readContent, type ImageData, type TensorData } from './torchserve-body.js';

/** `GET /ping`, with TorchServe's status for a server that takes no requests. */
export const ping: Handler = (exchange) => {
  const isHealthy = readiness(exchange.context).status === 'ready';
  exchange.send(
    isHealthy ? 200 : 500,
    'application/json',
    JSON.stringify({ status: isHealthy ? 'Healthy' : 'Unhealthy' }),
  );
};

/**
 * `POST` or `PUT /predictions/:model{/:version}`: one value is one row, as TorchServe's handlers take it; a list of rows is
 * answered by a list.
 */
export const predictions: Handler = async (exchange, parameters) => {
  const { call, req, context } = exchange;
  const target = targetOf(parameters);
  call.limitTo(exchange.timeLimit);
  if (admit(call, target).task?.image) requireImageRoom(context);
  const content = await readContent(req, context);
  // While the body came, the model may have been loaded anew.
  const served = admit(call, target);
  const data = await dataOf(content, call, served);
  // The version that runs is the one that the answer names, also where an alias has moved meanwhile.
  const texts = await textsFor(exchange, target, admit(call, target), data);
  const list = `[${texts.join(',')}]`;
  const many = data.isEnvelope ? `{"predictions":${list}}` : list;
  exchange.send(200, 'application/json', data.isOne ? (texts[0] ?? 'null') : many);
};

/** The answer to each row as JSON. */
function textsFor(
  exchange: Exchange,
  target: InferTarget,
  served: ServedModel,
  data: TensorData | ImageData,
): Promise<string[]> {
  if (data.form === 'images') return ofImages(exchange, served, data.images);
  const hasAnswers = taskKindOf(served.task)?.decode !== undefined;
  return hasAnswers ? ofTask(exchange, served, data) : ofOutputs(exchange, target, data);
}

/** The outputs, a row for each of the input's. */
async function ofOutputs({ call }: Exchange, target: InferTarget, data: TensorData): Promise<string[]> {
  const response = await infer(call, target, { inputs: data.inputs });
  // An output that has no rows, such as a scalar, is the answer to the one value that was asked for.
  const hasRows = response.outputs.every(({ content }) => content.shape[0] === data.count);
  if (hasRows || !data.isOne) return rowTexts(response, data.count);
  const [only] = response.outputs;
  return [only && response.outputs.length === 1 ? await nestedJson(only.content) : await objectOf(response.outputs)];
}

/** What the task makes of the outputs, as TorchServe's own handlers give it. */
async function ofTask({ call }: Exchange, served: ServedModel, { inputs }: TensorData): Promise<string[]> {
  const args = interfaceOf(served).argumentsOf(inputs);
  const first = Object.values(args).find((value) => value instanceof Tensor);
  call.note.shape = first?.shape ?? [];
  call.note.rows = first?.shape[0] ?? 1;
  const answer = await served.predict(args, { owned: true, ...call.limits() });
  call.noteTimes(answer.timings);
  return textsOf(answer);
}

async function ofImages({ call }: Exchange, served: ServedModel, images: readonly Buffer[]): Promise<string[]> {
  const { context, note } = call;
  requireImageBytes(context, images);
  const { maxPixels } = context.imageLimits;
  note.rows = images.length;
  const answer = await decoding(context, images, () => served.predict(images, { maxPixels, ...call.limits() }));
  call.noteTimes(answer.timings);
  return textsOf(answer);
}

/** Labels with their scores, the best first, or a vector: one text for each row. */
function textsOf(answer: ServedAnswer): string[] {
  if ('embeddings' in answer)
    return (answer.embeddings.toArray() as readonly unknown[]).map((row) => JSON.stringify(row));
  return answer.rows.map((row) => {
    // Not an object's members: those that are numbers come first in it, whatever their order.
    const members = row.map(({ label, index, score }) => `${JSON.stringify(label ?? String(index))}:${score}`);
    return `{${members.join(',')}}`;
  });
}
