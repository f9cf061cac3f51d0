import { torchError } from '../errors.js';
import { formatShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { RunOptions } from '../model/options.js';
import { classify, type Classes } from './postprocessing.js';
import type { ServedModel } from './served-model.js';

export interface ClassificationResult extends Classes {
  /** The native run of the batch that carried the rows, in milliseconds, without queueing. */
  readonly inferenceTimeMs: number;
  /** From submission until that run began, in milliseconds. */
  readonly queueTimeMs: number;
}

/** A served model seen as what its record says it is: rows of numbers in, classes out. */
export interface Classifier {
  /** Numbers in a row. */
  readonly features: number;
  /** Inclusive bounds of every number. */
  readonly range: readonly [min: number, max: number] | undefined;
  readonly labels: readonly string[];
  /**
   * @param rows `batchSize × features` numbers, row-major; not to be written to until the answer is there
   * @throws ERR_BAD_OUTPUT when the model answers anything but one float32 score per row and label; as `Model.run`
   */
  predict(rows: Float32Array, batchSize: number, options?: RunOptions): Promise<ClassificationResult>;
}

/** @throws ERR_TASK unless the record says classification, of one float32 input whose only free dimension is the first */
export function classifier(served: ServedModel): Classifier {
  const { name, version, record } = served;
  const task = record?.task;
  if (task?.type !== 'classification') {
    throw torchError(
      'ERR_TASK',
      `Expected a classification model but ${name} ${version} is ${task ? 'of another task' : 'served without a record'}`,
    );
  }
  const [input, ...others] = record?.signature.inputs ?? [];
  const [batch, ...tail] = input?.shape ?? [];
  if (
    !input ||
    others.length > 0 ||
    input.dtype !== 'float32' ||
    batch !== null ||
    !tail.every((size) => size !== null)
  ) {
    throw torchError(
      'ERR_TASK',
      `Expected one float32 input of shape [?, features] but ${name} ${version} takes others`,
    );
  }
  const { activation, labels } = task;
  return {
    features: tail.reduce((product, size) => product * size, 1),
    range: input.range,
    labels,
    async predict(rows, batchSize, options) {
      const tensor = new Tensor('float32', rows, [batchSize, ...tail]);
      const { value, timings } = await served.execute('forward', [tensor], { ...options, owned: true });
      const scores = scoresOf(value, [batchSize, labels.length]);
      const classes = classify(scores, batchSize, labels.length, activation);
      return { ...classes, inferenceTimeMs: timings.runMs, queueTimeMs: timings.queueMs };
    },
  };
}

function scoresOf(value: unknown, shape: readonly number[]): Float32Array {
  if (
    value instanceof Tensor &&
    value.data instanceof Float32Array &&
    formatShape(value.shape) === formatShape(shape)
  ) {
    return value.data;
  }
  const got = value instanceof Tensor ? `${value.dtype} ${formatShape(value.shape)}` : 'no tensor';
  throw torchError('ERR_BAD_OUTPUT', `Expected float32 ${formatShape(shape)} from the model but received ${got}`);
}
