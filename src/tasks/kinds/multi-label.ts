import { multiLabel as labelsFrom } from '../scores/multi-label.js';
import { sigmoid } from '../scores/sigmoid.js';
import { encodeImages } from './images.js';
import type { AnyTask, TaskKind } from './kind.js';
import { labelFaults, labelsSchema, oneOf, type LabelAnswer } from './labels.js';

/** Any number of labels for each row. */
export interface MultiLabelTask extends AnyTask {
  readonly type: 'multi-label';
  /** `sigmoid`: outputs are logits; `none`: they are probabilities already. */
  readonly activation: 'sigmoid' | 'none';
  readonly labels: readonly string[];
  /** A label is given from this probability on, inclusive. */
  readonly threshold: number;
}

export const multiLabel: TaskKind<MultiLabelTask, LabelAnswer<'multi-label'>> = {
  type: 'multi-label',
  members: {
    activation: oneOf('sigmoid', 'none'),
    labels: labelsSchema,
    threshold: { type: 'number', minimum: 0, maximum: 1 },
  },
  defaults: { activation: 'sigmoid', threshold: 0.5 },
  pipelines: { image: 'image-classification', text: 'text-classification' },
  faults: labelFaults,
  labels: ({ labels }) => labels,
  meaning: ({ activation, labels, threshold }) => ({
    answer: 'labels',
    scores: activation === 'sigmoid' ? 'logits' : 'probabilities',
    ...{ labels, threshold },
  }),
  encode: encodeImages,
  decode({ activation, labels, threshold }, output) {
    const scores = activation === 'sigmoid' ? sigmoid(output) : output;
    return { type: 'multi-label', rows: labelsFrom(scores, { threshold, labels }) };
  },
  toJson({ rows }) {
    return {
      predictions: rows.map((row) => row.map(({ index }) => index)),
      confidence_scores: rows.map((row) => row.map(({ score }) => score)),
      labels: rows.map((row) => row.map(({ label }) => label)),
    };
  },
};
