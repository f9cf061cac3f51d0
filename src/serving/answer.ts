import type { QueueRunOptions } from '../batching/index.js';
import { describe, expected, InputError, torchError } from '../errors.js';
import type { ModelRecord } from '../registry/index.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';
import { imageToTensor, postprocessorFor, type Answer, type ImageOptions } from '../tasks/index.js';
import type { Task } from '../tasks/task.js';
import type { ServedModel } from './served-model.js';

/** A tensor, the arguments of `forward`, or encoded images where the record's task says what to make of them. */
export type AnswerInput = Tensor | Arguments | Uint8Array | readonly Uint8Array[];

export interface AnswerOptions extends QueueRunOptions {
  /** Classification: how many classes for each row. Default 5, or all where there are fewer. */
  topK?: number;
  /** Images of more pixels are refused. Default 50 million. */
  maxPixels?: number;
}

/** `ServedModel.predict`. */
export async function answer(
  served: ServedModel,
  input: AnswerInput,
  { topK, maxPixels, ...options }: AnswerOptions = {},
): Promise<Answer> {
  const record = recordOf(served);
  const { task, signature } = record;
  const postprocess = postprocessorFor(task);
  checkTopK(task, topK);
  const started = performance.now();
  const args = await argumentsOf(served, task, input, maxPixels);
  const output = await served.call('forward', args, withTimeLeft(options, started));
  const tensor = firstTensor(output, signature.outputs[0]?.name ?? '');
  try {
    return postprocess(tensor, { topK, attentionMask: maskOf(record, args) });
  } catch (error) {
    // What the caller gave was checked before, but for a mask without a token; the rest is the model's.
    const ofMask = task.type === 'embedding' && (error as InputError).code === 'ERR_OUT_OF_RANGE';
    if (!(error instanceof InputError) || ofMask) throw error;
    throw torchError('ERR_BAD_OUTPUT', error.message, { cause: error });
  }
}

function recordOf({ name, version, record }: ServedModel): ModelRecord {
  if (record) return record;
  throw torchError('ERR_TASK', `Expected a model with a task but ${name} ${version} is served without a record`);
}

function checkTopK(task: Task, topK: number | undefined): void {
  if (topK === undefined) return;
  if (task.type !== 'classification') throw expected(`no value for a ${task.type} model`, 'topK', topK);
  const { length } = task.labels;
  if (Number.isInteger(topK) && topK >= 1 && topK <= length) return;
  throw torchError(
    'ERR_OUT_OF_RANGE',
    `Expected an integer from 1 to ${length} for topK but received ${describe(topK)}`,
  );
}

async function argumentsOf(
  { name, version }: ServedModel,
  { image }: Task,
  input: AnswerInput,
  maxPixels: number | undefined,
): Promise<Arguments> {
  if (input instanceof Tensor) return [input];
  if (!isImages(input)) return input;
  if (!image) throw torchError('ERR_TASK', `Expected a model of images but the record of ${name} ${version} has none`);
  const options: ImageOptions = maxPixels === undefined ? image : { ...image, maxPixels };
  return [await imageToTensor(input, options)];
}

function isImages(input: AnswerInput): input is Uint8Array | readonly Uint8Array[] {
  if (input instanceof Uint8Array) return true;
  return Array.isArray(input) && input.length > 0 && input.every((item) => item instanceof Uint8Array);
}

/** The time limit counts from the call, so decoding images is taken off it. */
function withTimeLeft(options: QueueRunOptions, started: number): QueueRunOptions {
  const { timeoutMs } = options;
  if (typeof timeoutMs !== 'number') return options;
  const left = timeoutMs - (performance.now() - started);
  if (timeoutMs > 0 && left <= 0) throw torchError('ERR_TIMEOUT', `Expected an answer within ${timeoutMs} ms`);
  return { ...options, timeoutMs: Math.min(timeoutMs, left) };
}

/** The first output: the value itself, the first of several, or the one of the signature's first name. */
function firstTensor(output: Value, name: string): Tensor {
  const first = output instanceof Tensor ? output : ofSeveral(output, name);
  if (first instanceof Tensor) return first;
  throw torchError(
    'ERR_BAD_OUTPUT',
    `Expected a tensor for output ${name} from the model but received ${describe(first)}`,
  );
}

function ofSeveral(output: Value, name: string): unknown {
  if (typeof output !== 'object' || output === null) return output;
  return Array.isArray(output) ? output[0] : (output as Record<string, unknown>)[name];
}

/** The mask among the arguments, by its name or by its place in the signature. */
function maskOf({ task, signature }: ModelRecord, args: Arguments): Tensor | undefined {
  if (task.type !== 'embedding' || task.pooling !== 'mean') return undefined;
  const name = task.attentionMask ?? 'attention_mask';
  const place = signature.inputs.findIndex((spec) => spec.name === name);
  const mask = Array.isArray(args) ? (args as readonly Value[])[place] : (args as Record<string, Value>)[name];
  return mask as Tensor | undefined;
}
