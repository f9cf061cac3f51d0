import type { RunTimings } from '../../async/clock.js';
import type { QueueRunOptions } from '../../batching/index.js';
import { InputError, torchError, type ElementFault } from '../../errors.js';
import type { AnswerOptions, ServedAnswer, ServedModel } from '../../serving/index.js';
import { maxFaults, rangeFault, type Bounds } from '../../signature/range.js';
import { taskKindOf, type AnsweringKind } from '../../tasks/kinds/index.js';
import type { LabelAnswer } from '../../tasks/kinds/labels.js';
import { Tensor } from '../../tensor/tensor.js';
import { pointed } from './faults.js';
import type { Rows, RowsOf } from './rows.js';

/** One class for each row, and the time that the run took. */
interface Classes {
  /** The index of the most probable class; of equal ones the lowest. */
  readonly predictions: number[];
  /** The probability of that class. */
  readonly confidenceScores: number[];
  readonly timings: RunTimings;
}

/** A served model as `/predict` sees it: rows of numbers in, the answer of its task out. */
export interface RowModel extends RowsOf {
  /** Each row of an answer has a best class. */
  readonly hasBestClass: boolean;
  /**
   * The best class of each row, where there is one.
   * @param rows not to be written to until the answer is there
   * @throws as `ServedModel.predict`; faults of single numbers point into the request
   */
  predict(rows: Rows, options?: QueueRunOptions): Promise<Classes>;
  /** Whatever the task answers. @throws as `predict` */
  answer(rows: Rows, options?: QueueRunOptions & Pick<AnswerOptions, 'topK'>): Promise<ServedAnswer>;
}

export type RowModelOf = (served: ServedModel) => RowModel;

/**
 * @throws ERR_TASK unless the model has a task with answers, and takes one float32 input whose only free dimension is the
 * first
 */
export function rowModel(served: ServedModel): RowModel {
  const { name, version, signature } = served;
  const { hasBestClass = false } = requireTask(served);
  const [input, ...others] = signature?.inputs ?? [];
  const [batch, ...tail] = input?.shape ?? [];
  const isRows = input?.dtype === 'float32' && others.length === 0 && batch === null;
  if (!isRows || !tail.every((size) => size !== null)) {
    throw torchError(
      'ERR_TASK',
      `Expected one float32 input of shape [?, features] for input_data but ${name} ${version} takes others: ` +
        `give inputs by name, or use /v2/models/${encodeURIComponent(name)}/infer`,
    );
  }
  // A function for each: what many requests go through has nothing between it and the model.
  return {
    features: tail.reduce((product, size) => product * size, 1),
    range: input.range,
    hasBestClass,
    async predict(given, options) {
      const { rows, batchSize, bounds } = given;
      const tensor = new Tensor('float32', rows, [batchSize, ...tail]);
      const own = { topK: 1, rows: batchSize, owned: true, ...options, ...(bounds && { bounds }) };
      try {
        const answer = await served.predict(tensor, own);
        return { timings: answer.timings, ...classesOf(answer as LabelAnswer<string>) };
      } catch (error) {
        throw inRequestTerms(error, given, input.range);
      }
    },
    async answer(given, options) {
      const { rows, batchSize, bounds } = given;
      const tensor = new Tensor('float32', rows, [batchSize, ...tail]);
      try {
        return await served.predict(tensor, { owned: true, ...options, ...(bounds && { bounds }) });
      } catch (error) {
        throw inRequestTerms(error, given, input.range);
      }
    },
  };
}

/** The row of a model's task. @throws ERR_TASK without a task, and for one that has no answers */
export function requireTask({ name, version, task, record }: ServedModel): AnsweringKind {
  const kind = taskKindOf(task);
  if (kind?.decode) return kind as AnsweringKind;
  const what = kind ? `has the task ${kind.type}` : record ? 'has another task' : 'has no record and no task';
  throw torchError(
    'ERR_TASK',
    `Expected a model with a task that has answers but ${name} ${version} ${what}: ` +
      `POST /v2/models/${encodeURIComponent(name)}/infer gives the outputs of any model`,
  );
}

function classesOf({ rows }: LabelAnswer<string>): Omit<Classes, 'timings'> {
  const predictions: number[] = [];
  const confidenceScores: number[] = [];
  for (const [best] of rows) {
    if (!best) continue; // a kind that has a best class has one for every row
    predictions.push(best.index);
    confidenceScores.push(best.score);
  }
  return { predictions, confidenceScores };
}

/**
 * An error of the model's door, whose faults name elements, in the terms of the request; other errors as they are. An
 * infinity is out of range here: in JSON it is a number that is too large.
 */
export function inRequestTerms(error: unknown, rows: Rows, range: Bounds | undefined): unknown {
  if (!(error instanceof InputError) || !error.faults) return error;
  const faults = error.faults.length > 0 ? error.faults : hiddenFaults(rows, range);
  return pointed(faults[0]?.isNaN ? 'ERR_NOT_FINITE' : 'ERR_OUT_OF_RANGE', faults, error);
}

/** Numbers that are outside of the range until float32 rounds them into it. */
function hiddenFaults({ numbers = () => [] }: Rows, [min, max]: Bounds = [-Infinity, Infinity]): ElementFault[] {
  const faults: ElementFault[] = [];
  for (const [element, value] of Array.from(numbers()).entries()) {
    if (value >= min && value <= max) continue;
    if (faults.push(rangeFault('input_data', element, value, [min, max])) === maxFaults) break;
  }
  return faults;
}
