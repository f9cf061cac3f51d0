import type { RunTimings } from '../async/clock.js';
import type { QueueRunOptions } from '../batching/index.js';
import { describe, expected, InputError, torchError } from '../errors.js';
import type { Execution } from '../model/model.js';
import type { ModelRecord } from '../registry/index.js';
import { answeringKind, type Answer } from '../tasks/kinds/index.js';
import type { Encoded } from '../tasks/kinds/kind.js';
import { Tensor } from '../tensor/tensor.js';
import { isMap, type Arguments, type Value } from '../tensor/value.js';

/** A tensor, the arguments of `forward`, or encoded images where the record's task says what to make of them. */
export type AnswerInput = Tensor | Arguments | Encoded;

export interface AnswerOptions extends QueueRunOptions {
  /** Classification: how many classes for each row. Default 5, or all where there are fewer. */
  topK?: number;
  /** Images of more pixels are refused. Default 50 million. */
  maxPixels?: number;
  /** The output must be one float32 matrix of so many rows, as `/predict` promises. @internal */
  rows?: number;
}

/** An answer with the time that its run took. */
export type ServedAnswer = Answer & { readonly timings: RunTimings };

/** What an answer needs of a served model. */
export interface Answering {
  readonly name: string;
  readonly version: string;
  readonly record: ModelRecord | undefined;
  execute(method: string, args: Arguments, options: QueueRunOptions): Promise<Execution>;
}

/** `ServedModel.predict`: encode, run, decode. */
export async function answer(model: Answering, input: AnswerInput, given: AnswerOptions = {}): Promise<ServedAnswer> {
  const { topK, maxPixels, rows, ...limits } = given;
  const { task, signature } = recordOf(model);
  const kind = answeringKind(task);
  if (topK !== undefined) {
    if (!kind.checkTopK) throw expected(`no value for a ${kind.type} model`, 'topK', topK);
    kind.checkTopK(task, topK);
  }
  const started = performance.now();
  const encoded = isEncoded(input);
  const args = encoded ? await kind.encode(task, input, { maxPixels }) : input instanceof Tensor ? [input] : input;
  const options = { topK, ...kind.decodeOptions?.(task, signature, args) };
  const { value, timings } = await model.execute('forward', args, encoded ? withTimeLeft(limits, started) : limits);
  if (rows !== undefined) requireRows(value, rows);
  const output = firstTensor(value, signature.outputs[0]?.name ?? '');
  try {
    return { ...kind.decode(task, output, options), timings };
  } catch (error) {
    // What the caller gave was checked before the run, so the fault is the model's.
    if (!(error instanceof InputError)) throw error;
    throw torchError('ERR_BAD_OUTPUT', error.message, { cause: error });
  }
}

function recordOf({ name, version, record }: Answering): ModelRecord {
  if (record) return record;
  throw torchError('ERR_TASK', `Expected a model with a task but ${name} ${version} is served without a record`);
}

function isEncoded(input: AnswerInput): input is Encoded {
  if (input instanceof Uint8Array) return true;
  return Array.isArray(input) && input.length > 0 && input.every((item) => item instanceof Uint8Array);
}

/** The time limit counts from the call, so encoding is taken off it. */
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
  if (Array.isArray(output)) return (output as readonly Value[])[0];
  return isMap(output) ? output.get(name) : (output as Record<string, Value>)[name];
}

function requireRows(output: Value, rows: number): void {
  if (output instanceof Tensor && output.dtype === 'float32' && output.shape.length === 2 && output.shape[0] === rows)
    return;
  const got = output instanceof Tensor ? `${output.dtype} [${output.shape.join(', ')}]` : describe(output);
  throw torchError(
    'ERR_BAD_OUTPUT',
    `Expected a float32 output of ${rows} rows of scores from the model but received ${got}`,
  );
}
