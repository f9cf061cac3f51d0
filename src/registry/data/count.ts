/** Training data and a model that runs become the member `trainingStatistics` of its record. */
import { reworded, TorchError, torchError } from '../../errors.js';
import { requireEnough, StatisticsBuilder } from '../../monitoring/drift/builder.js';
import type { TrainingStatistics } from '../../monitoring/drift/statistics.js';
import { fitCalibration, type FeatureColumn } from '../../monitoring/performance/index.js';
import { meaningOf } from '../../tasks/kinds/index.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';
import type { ModelRecord } from '../model-record.js';
import { BatchSize } from './batch-size.js';
import { DataRows, type DataGiven } from './rows.js';
import { readTruth, type TruthGiven } from './truth.js';

/** What was given to be counted. */
export interface Counting {
  readonly data: DataGiven;
  /** Rows with a truth that the model was not trained on. Default: the data. */
  readonly heldOut?: DataGiven | undefined;
  readonly truth?: TruthGiven | undefined;
  /** First outputs for the held-out rows that were computed elsewhere, such as by cross-fitting. Default: the model runs. */
  readonly heldOutAnswers?: DataGiven | undefined;
}

/** A model that is loaded. */
export interface Answering {
  /** Its first output for some rows. */
  answer(args: readonly (Tensor | undefined)[]): Promise<Value>;
  /** Its rows influence each other, as admission found. */
  readonly areDependent: boolean;
}

/** Features of a calibration. */
const mostCalibrated = 64;

/**
 * @param onRows is told of the rows that are done, and how many there are
 * @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_OUT_OF_RANGE for data or truth that do not fit; ERR_TASK for a
 * truth where no row has one class; what the model says of a row that it does not take
 */
export async function countData(
  { data, heldOut, truth, heldOutAnswers }: Counting,
  record: Pick<ModelRecord, 'signature' | 'task'>,
  model: Answering,
  onRows: (rows: number, total: number) => void,
): Promise<TrainingStatistics> {
  const meaning = meaningOf(record.task);
  if (truth !== undefined && meaning.answer !== 'class') {
    throw torchError(
      'ERR_TASK',
      `Expected a task whose rows have one class each for the truth but it is ${record.task.type}`,
    );
  }
  const run = new Run(record, model, onRows);
  const trained = await run.over(data, 'the training data', heldOut === undefined ? truth : undefined);
  const held = heldOut === undefined ? trained : await run.over(heldOut, 'the held-out data', truth, heldOutAnswers);
  const statistics = await trained.builder.finish();
  if (!held.truth || meaning.answer !== 'class') return statistics;
  const { builder } = held;
  const { prediction, list } = builder.features;
  if (!prediction) {
    throw torchError('ERR_TASK', 'Expected an output [rows, classes] for the truth but the signature has another');
  }
  const features = list.flatMap(({ name, input }, i): FeatureColumn[] => {
    if (input === undefined) return [];
    const isCategorical = statistics.inputs.some(
      (each) => each.input === input && each.features.some((one) => one.name === name && one.kind === 'categorical'),
    );
    return [{ name, kind: isCategorical ? 'categorical' : 'numeric', values: builder.column(i) }];
  });
  const calibration = fitCalibration({
    classes: meaning.labels.length,
    predicted: builder.column(prediction.predicted),
    confidences: builder.column(prediction.confidence),
    actual: held.truth,
    features: features.slice(0, mostCalibrated),
  });
  return { ...statistics, calibration: { ...calibration } };
}

interface Counted {
  readonly builder: StatisticsBuilder;
  /** Of the rows that were counted. */
  readonly truth: Int32Array | undefined;
}

class Run {
  readonly #record: Pick<ModelRecord, 'signature' | 'task'>;
  readonly #model: Answering;
  readonly #onRows: (rows: number, total: number) => void;

  constructor(
    record: Pick<ModelRecord, 'signature' | 'task'>,
    model: Answering,
    onRows: (rows: number, total: number) => void,
  ) {
    this.#record = record;
    this.#model = model;
    this.#onRows = onRows;
  }

  async over(
    given: DataGiven,
    what: string,
    truthGiven: TruthGiven | undefined,
    answersGiven?: DataGiven,
  ): Promise<Counted> {
    const { signature, task } = this.#record;
    const meaning = meaningOf(task);
    const rows = await DataRows.open(given, signature.inputs, what);
    let answers: DataRows | undefined;
    try {
      if (answersGiven !== undefined) answers = await this.#answers(answersGiven, rows.total);
      const labels = meaning.answer === 'class' ? meaning.labels : [];
      const truth = truthGiven === undefined ? undefined : await readTruth(truthGiven, labels, rows.total);
      const builder = new StatisticsBuilder(signature, meaning, rows.total);
      requireEnough(rows.total, what);
      const kept: number[] = [];
      const size = new BatchSize(signature.inputs, this.#model.areDependent);
      const most = Math.min(rows.total, builder.capacity);
      for await (const { args, rows: count, indices } of rows.batches(most, () => size.next)) {
        if (!size.isAllowed(count)) continue;
        const value = answers ? ((await answers.read(indices))[0] as Tensor) : await this.#answer(args, indices, what);
        size.ran(args, value, count);
        builder.add(args, value, count);
        requireAnswers(builder, indices, what);
        if (truth) for (const index of indices) kept.push(truth[index] as number);
        this.#onRows(builder.rows, most);
      }
      return { builder, truth: truth && Int32Array.from(kept) };
    } finally {
      await answers?.close();
      await rows.close();
    }
  }

  async #answers(given: DataGiven, total: number): Promise<DataRows> {
    const what = 'the answers for the held-out data';
    const answers = await DataRows.open(given, this.#record.signature.outputs.slice(0, 1), what);
    if (answers.total === total) return answers;
    await answers.close();
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected ${total} rows in ${what}, as it has, but received ${answers.total}`,
    );
  }

  async #answer(args: readonly (Tensor | undefined)[], indices: readonly number[], what: string): Promise<Value> {
    try {
      return await this.#model.answer(args);
    } catch (error) {
      throw withRows(error, indices, what);
    }
  }
}

/** Says which rows of the data it was. */
function withRows(error: unknown, indices: readonly number[], what: string): unknown {
  if (!(error instanceof TorchError)) return error;
  const [first, last] = [indices[0], indices.at(-1)];
  return reworded(error, (sentence) => `${sentence}\n  in the run of rows ${first} to ${last} of ${what}`);
}

/** @throws ERR_INVALID_INPUT for rows of the last run for which the model has answered NaN */
function requireAnswers(builder: StatisticsBuilder, indices: readonly number[], what: string): void {
  const from = builder.rows - indices.length;
  for (const [i, { input, name }] of builder.features.list.entries()) {
    if (input !== undefined) continue;
    const column = builder.column(i);
    const row = indices.findIndex((_, at) => Number.isNaN(column[from + at]));
    if (row < 0) continue;
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected an answer for each row of ${what} but the model has answered NaN (${name}) for row ${indices[row]}: leave out rows that it cannot answer, such as those with values that are missing`,
    );
  }
}
