import { elementsOf } from '../../monitoring/drift/elements.js';
import { firstOutput } from '../../monitoring/drift/features.js';
import { predictionReaderOf } from '../../monitoring/drift/predictions.js';
import type { RowsReader } from '../../monitoring/drift/readers.js';
import type { Answerer, FeedbackRing, Prediction } from '../../monitoring/performance/index.js';
import type { AnsweredEvent, ServedModel } from '../../serving/index.js';
import { watchKeyOf } from '../monitoring/watch-key.js';
import { meaningOf } from '../../tasks/kinds/index.js';
import { Tensor } from '../../tensor/tensor.js';

/** What is known of a model that answers classes. */
interface Classes {
  readonly by: Answerer & { readonly labels: readonly string[] };
  readonly output: string;
  readonly reader: RowsReader;
}

/** What each model answers, found out once. */
interface Known {
  /** Undefined where the answer is no class. */
  readonly classes: Classes | undefined;
  /** What is remembered of an answer without classes. */
  readonly none: Prediction;
}

const known = new WeakMap<ServedModel, Known>();

/** A request of more is not remembered: to look at its rows would hold up others. */
const mostRows = 4096;
const mostScores = 256 * 1024;

/**
 * Has a ring remember what was answered to a call, row by row: its classes and how sure the model was. A call of too many rows is
 * not remembered.
 */
export function rememberAnswer(
  ring: Pick<FeedbackRing, 'remember' | 'rememberRow'>,
  requestId: string,
  { served, value }: Pick<AnsweredEvent, 'served' | 'value'>,
  client: string | undefined,
): void {
  const { classes, none } = known.get(served) ?? knownOf(served);
  const first = classes && firstOutput(value, classes.output);
  if (!classes || !(first instanceof Tensor)) return ring.remember(requestId, none, client);
  const { by, reader } = classes;
  const { shape } = first;
  const [rows, size] = shape as readonly [number, number];
  if (shape.length !== 2 || size !== by.labels.length) return ring.remember(requestId, none, client);
  if (rows > mostRows || rows * size > mostScores) return;
  const source = { elements: elementsOf(first), shape, size };
  if (rows === 1) {
    reader.read(source, 0, read, 0);
    return ring.rememberRow(requestId, by, answeredClass(), confidence(), client);
  }
  const answered = new Int32Array(rows);
  const confidences = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    reader.read(source, row, read, 0);
    answered[row] = answeredClass();
    confidences[row] = confidence();
  }
  const { model, version, identity, labels } = by;
  ring.remember(requestId, { model, version, identity, labels, classes: answered, confidences }, client);
}

/** Of the row that was read last. */
const read = new Float64Array(2);
/** A row without a number is no class, and no label makes it right. */
const answeredClass = (): number => (Number.isNaN(read[0]) ? -1 : (read[0] as number));
const confidence = (): number => (Number.isNaN(read[1]) ? 0 : (read[1] as number));

function knownOf(served: ServedModel): Known {
  const key = watchKeyOf(served);
  const none = { labels: undefined, classes: new Int32Array(0), confidences: new Float32Array(0), ...key };
  const made = { classes: classesOf(served), none };
  known.set(served, made);
  return made;
}

function classesOf(served: ServedModel): Classes | undefined {
  const meaning = meaningOf(served.task);
  if (meaning.answer !== 'class') return undefined;
  const output = served.signature?.outputs[0]?.name;
  const reader = predictionReaderOf(meaning, {
    name: output ?? 'output',
    dtype: 'float32' as const,
    shape: [null, null],
  });
  return { by: { labels: meaning.labels, ...watchKeyOf(served) }, output: output ?? '', reader };
}
