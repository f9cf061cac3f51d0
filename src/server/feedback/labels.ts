import type { Prediction } from '../../monitoring/performance/index.js';
import type { FeedbackFault, Label } from './item.js';

const fault = (message: string, pointer: string): FeedbackFault => ({ code: 'ERR_VALIDATION', message, pointer });

/**
 * Which rows of a prediction were right. Labels are never quoted: they may be personal data.
 * @returns whether each row was right, or what is wrong with the labels
 */
export function compare(
  label: Label | readonly Label[],
  { labels, classes, model, version }: Prediction,
): readonly boolean[] | FeedbackFault {
  if (!labels) {
    const message = `Expected a request to a model that answers one class a row but ${model} ${version} does not`;
    return { code: 'ERR_TASK', message, pointer: '/request_id' };
  }
  const { length } = classes;
  const isList = typeof label === 'object';
  const given = isList ? label : [label];
  if (given.length !== length) {
    const words = length === 1 ? 'one label' : `a list of ${length} labels`;
    const received = isList ? `a list of ${given.length}` : 'one';
    return fault(`Expected ${words}, as the request had rows, but received ${received}`, '/label');
  }
  const correct: boolean[] = [];
  for (const [row, each] of given.entries()) {
    if (!isClass(each, labels)) {
      const words = `a class of ${model} ${version}: its index from 0 to ${labels.length - 1}, or its label`;
      const received = typeof each === 'string' ? 'another text' : 'another number';
      return fault(`Expected ${words}, but received ${received}`, isList ? `/label/${row}` : '/label');
    }
    const answered = classes[row] as number;
    correct.push(typeof each === 'string' ? labels[answered] === each : answered === each);
  }
  return correct;
}

function isClass(label: Label, labels: readonly string[]): boolean {
  if (typeof label === 'string') return textsOf(labels).has(label);
  return Number.isInteger(label) && label >= 0 && label < labels.length;
}

/** There may be 100 000 labels, and 1000 items in a request. */
const texts = new WeakMap<readonly string[], ReadonlySet<string>>();

function textsOf(labels: readonly string[]): ReadonlySet<string> {
  const found = texts.get(labels) ?? new Set(labels);
  texts.set(labels, found);
  return found;
}
