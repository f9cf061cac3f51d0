/** Whether two versions say the same of one input. */
import { taskKindOf, type Task } from '../../tasks/kinds/index.js';
import { floatValues } from '../../tasks/scores/float-rows.js';
import { Tensor } from '../../tensor/tensor.js';
import { childrenOf, isContainer, type Value } from '../../tensor/value.js';

/** Values may be off by this share of the largest one beside them. */
const mostOff = 0.05;
/** Of what has no rows so many elements are compared. */
const mostElements = 4096;

interface Answers {
  readonly canary: Value;
  readonly stable: Value;
  /** What both mean. */
  readonly task: Task | undefined;
  /** A number from 0 to below 1: which of the rows is compared. So an answer of many rows counts as one. */
  readonly draw: number;
}

/** Whether a row of two answers has the same class or the same labels; where the task has none, values that are as good as equal. */
export function agree({ canary, stable, task, draw }: Answers): boolean {
  const [one, other] = [tensorsOf(canary), tensorsOf(stable)];
  if (one.length !== other.length) return false;
  return one.every((tensor, place) => {
    const beside = other[place] as Tensor;
    const [row, same] = [rowOf(tensor, draw), rowOf(beside, draw)];
    if (tensor.dtype !== beside.dtype || row.shape.join() !== same.shape.join()) return false;
    const labels = place === 0 && task ? [labelsOf(task, row), labelsOf(task, same)] : [];
    if (labels[1] === undefined) return areClose(row, same);
    return labels[0] === labels[1];
  });
}

/** The class or the labels of a row, as text; undefined for a task that has none, and for what cannot be its answer. */
function labelsOf(task: Task, row: Tensor): string | undefined {
  const kind = taskKindOf(task);
  if (!kind?.labels || !kind.decode) return undefined;
  try {
    const predictions = kind.toJson?.(kind.decode(task, row, {}))['predictions'];
    // Several labels come by their scores, and are the same in any order.
    const sets = Array.isArray(predictions) ? predictions.map(inOrder) : predictions;
    return JSON.stringify(sets);
  } catch {
    return undefined;
  }
}

function inOrder(predicted: unknown): unknown {
  return Array.isArray(predicted) ? (predicted as number[]).toSorted((a, b) => a - b) : predicted;
}

function tensorsOf(value: Value): readonly Tensor[] {
  if (value instanceof Tensor) return [value];
  return isContainer(value) ? childrenOf(value).flatMap(tensorsOf) : [];
}

function rowOf(tensor: Tensor, draw: number): Tensor {
  const { dtype, shape, data } = tensor;
  const [rows = 0, ...rest] = shape;
  if (rows === 0) return tensor;
  const width = data.length / rows;
  const row = Math.floor(draw * rows);
  return new Tensor(dtype, data.subarray(row * width, (row + 1) * width), [1, ...rest]);
}

function areClose(one: Tensor, other: Tensor): boolean {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  const length = Math.min(a.length, mostElements);
  let largest = 0;
  for (let i = 0; i < length; i++) largest = Math.max(largest, Math.abs(Number(b[i])) || 0);
  for (let i = 0; i < length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])];
    if (Object.is(x, y) || x === y) continue;
    if (!(Math.abs(x - y) <= mostOff * largest)) return false;
  }
  return true;
}

function numbersOf(tensor: Tensor): ArrayLike<number | bigint> {
  return tensor.dtype.includes('float') ? floatValues(tensor, 'an answer') : tensor.data;
}
