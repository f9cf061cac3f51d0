import { describe, torchError } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';
import { floatRows, notFinite, type FloatRows } from '../scores/float-rows.js';
import { checkLabels, type Ranked } from '../scores/ranked.js';
import { bestIndex, softmax, softmaxAt } from '../scores/softmax.js';
import { topK } from '../scores/top-k.js';
import { encodeImages } from './images.js';
import type { AnyTask, TaskKind } from './kind.js';
import { labelFaults, labelsSchema, oneOf, type LabelAnswer } from './labels.js';

/** One class for each row. */
export interface ClassificationTask extends AnyTask {
  readonly type: 'classification';
  /** `softmax`: outputs are logits and softmax is applied when serving; `none`: they are probabilities already. */
  readonly activation: 'softmax' | 'none';
  readonly labels: readonly string[];
}

const defaultTopK = 5;
/** A probability that rounding has put above 1 is still one. */
const tolerance = 1e-3;

export const classification: TaskKind<ClassificationTask, LabelAnswer<'classification'>> = {
  type: 'classification',
  members: { activation: oneOf('softmax', 'none'), labels: labelsSchema },
  defaults: { activation: 'softmax' },
  pipelines: { image: 'image-classification', text: 'text-classification' },
  hasBestClass: true,
  faults: labelFaults,
  labels: ({ labels }) => labels,
  meaning: ({ activation, labels }) => ({
    answer: 'class',
    scores: activation === 'softmax' ? 'logits' : 'probabilities',
    labels,
  }),
  checkTopK({ labels: { length } }, k) {
    if (Number.isInteger(k) && k >= 1 && k <= length) return;
    throw torchError(
      'ERR_OUT_OF_RANGE',
      `Expected an integer from 1 to ${length} for topK but received ${describe(k)}`,
    );
  },
  encode: encodeImages,
  decode(task, output, { topK: k = Math.min(defaultTopK, task.labels.length) }) {
    return { type: 'classification', rows: k === 1 ? bestClasses(task, output) : severalClasses(task, output, k) };
  },
  toJson({ rows }, topK) {
    const best = rows.map(([first]) => first as Ranked);
    return {
      predictions: best.map(({ index }) => index),
      confidence_scores: best.map(({ score }) => score),
      labels: best.map(({ label }) => label),
      ...(topK !== undefined && { top_k: rows }),
    };
  },
};

function severalClasses({ activation, labels }: ClassificationTask, output: Tensor, k: number): Ranked[][] {
  if (activation === 'softmax') return topK(softmax(output), k, labels);
  return topK(output, k, labels).map((ranked, row) =>
    ranked.map((item, place) => (place === 0 ? { ...item, score: probability(item.score, row) } : item)),
  );
}

/** Labels that were found to be strings: a model's are the same at every request, and there may be 100 000 of them. */
const knownLabels = new WeakSet<readonly string[]>();

/** A float32 matrix, which nearly every classifier answers, as rows; undefined for all else, and for a detached buffer. */
function float32Matrix(output: Tensor): FloatRows | undefined {
  if (!(output instanceof Tensor) || output.dtype !== 'float32' || output.shape.length !== 2) return undefined;
  const [rows, width] = output.shape as [number, number];
  const values = output.data as Float32Array;
  return values.length === rows * width ? { values, rows, width } : undefined;
}

/** The one best class of each row: the others' probabilities are not made for it. */
function bestClasses({ activation, labels }: ClassificationTask, output: Tensor): Ranked[][] {
  const { values, rows, width } = float32Matrix(output) ?? floatRows(output, 'scores');
  if (labels.length !== width || !knownLabels.has(labels)) {
    checkLabels(labels, width);
    knownLabels.add(labels);
  }
  const best: Ranked[][] = [];
  for (let row = 0; row < rows; row++) {
    const scores = values.subarray(row * width, (row + 1) * width);
    const index = bestIndex(scores);
    const highest = scores[index] as number;
    if (scores.some(Number.isNaN) || !Number.isFinite(highest)) throw notFinite('scores', row);
    const score = activation === 'softmax' ? softmaxAt(scores, index) : probability(highest, row);
    best.push([{ index, label: labels[index], score }]);
  }
  return best;
}

function probability(score: number, row: number): number {
  if (score >= 0 && score <= 1 + tolerance) return Math.min(score, 1);
  throw torchError('ERR_OUT_OF_RANGE', `Expected probabilities for scores but the highest of row ${row} is outside`);
}
