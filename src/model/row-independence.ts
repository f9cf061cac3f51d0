import { TorchError, type ErrorCode } from '../errors.js';
import type { Signature, TensorSpec } from '../signature/spec.js';
import { isStringsSpec } from '../signature/strings.js';
import { dtypeTable } from '../tensor/dtype.js';
import { withinBounds } from '../signature/example.js';
import { decodeBFloat16, decodeFloat16 } from '../tensor/float16.js';
import { pickRows, pickTensorRows, rowCount, twoDifferentRows } from '../tensor/rows.js';
import { Tensor } from '../tensor/tensor.js';
import { toleranceOf } from '../signature/tolerance.js';
import type { BoundArguments } from '../signature/bind.js';
import type { ModelInfo } from './info.js';
import type { Tolerance } from '../signature/tolerance.js';
import { childrenOf, isContainer, type Value } from '../tensor/value.js';

/** What the check needs to know of a model. */
interface Examined {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly forwardSpecs: readonly (TensorSpec | undefined)[];
}

export interface RowVerdict {
  /** Undefined where the question could not be asked. */
  readonly rowIndependent: boolean | undefined;
  readonly rowIndependence: string;
}

/** Rows of the largest run. */
const mostRows = 3;

/** Whether dimension 0 of every tensor may vary. Where nobody says, it is tried. */
export function hasFreeBatch(inputs: readonly TensorSpec[]): boolean {
  return inputs.every(({ shape, optional }) => optional || shape === null || shape[0] === null);
}

/**
 * Whether each row of the output depends on its own row of the input alone: f(cat(a, b)) against f(a) and f(b), which is
 * what batching needs.
 * @param tolerance default: by the precision
 */
export async function checkRowIndependence(
  model: Examined,
  given: BoundArguments,
  run: (args: BoundArguments) => Promise<Value>,
  tolerance?: Tolerance,
): Promise<RowVerdict> {
  if (model.info.stateful) return unasked('the model keeps state');
  const inputs = model.signature?.inputs.filter(({ optional }) => !optional) ?? [];
  if (inputs.some(isStringsSpec)) return dependent('strings are among the inputs, and batches are made of tensors');
  if (!hasFreeBatch(inputs)) return unasked('the batch dimension is fixed');
  if (inputs.some((spec) => mostRows !== withinBounds(spec, 0, mostRows) || 1 !== withinBounds(spec, 0, 1))) {
    return unasked(`the signature does not allow 1 to ${mostRows} rows`);
  }
  if (rowCount(given) === undefined) return unasked('the example has no rows that all tensor arguments agree on');
  const example = twoDifferentRows(given, (position) => model.forwardSpecs[position]?.range);
  if (!example) return unasked('the rows of the example do not differ, so that mixing them would not show');
  const parts = { a: [0], b: [1, 0], both: [0, 1, 0] };
  let answers: Record<keyof typeof parts, Tensor[] | undefined>;
  try {
    answers = {
      a: leaves(await run(pickRows(example, parts.a)), 1),
      b: leaves(await run(pickRows(example, parts.b)), 2),
      both: leaves(await run(pickRows(example, parts.both)), mostRows),
    };
  } catch (error) {
    const refused: readonly ErrorCode[] = ['ERR_MODEL_EXECUTION', 'ERR_INVALID_SHAPE'];
    if (!(error instanceof TorchError) || !refused.includes(error.code)) throw error;
    return unasked('the model does not take other batch sizes than its example’s');
  }
  const { a, b, both } = answers;
  if (!a || !b || !both) return dependent('not every output is a tensor whose dimension 0 is the rows');
  for (const [i, joint] of both.entries()) {
    const allowed = toleranceOf(joint, model.info, tolerance);
    const same =
      isClose(pickTensorRows(joint, [0]), a[i] as Tensor, allowed) &&
      isClose(pickTensorRows(joint, [1, 2]), b[i] as Tensor, allowed);
    if (!same) return dependent('a row’s output changes with the other rows of its batch');
  }
  return { rowIndependent: true, rowIndependence: 'f(cat(a, b)) equals f(a), f(b)' };
}

function unasked(why: string): RowVerdict {
  return { rowIndependent: undefined, rowIndependence: why };
}

function dependent(why: string): RowVerdict {
  return { rowIndependent: false, rowIndependence: why };
}

/** The tensors of a result in order, if every leaf is a tensor with `rows` rows. */
function leaves(value: Value, rows: number): Tensor[] | undefined {
  if (value instanceof Tensor) return value.shape[0] === rows ? [value] : undefined;
  if (!isContainer(value)) return undefined;
  const found: Tensor[] = [];
  for (const item of childrenOf(value)) {
    const inner = leaves(item, rows);
    if (!inner) return undefined;
    found.push(...inner);
  }
  return found.length > 0 ? found : undefined;
}

/** Element by element: |x − y| ≤ absolute + relative × y's largest element. Integers and booleans must be equal. */
export function isClose(x: Tensor, y: Tensor, { absolute, relative }: Tolerance): boolean {
  if (x.dtype !== y.dtype || x.shape.length !== y.shape.length || x.shape.some((size, i) => size !== y.shape[i]))
    return false;
  if (dtypeTable[x.dtype].kind !== 'float') return x.data.every((element, i) => element === y.data[i]);
  const real = x.dtype === 'float16' ? decodeFloat16 : x.dtype === 'bfloat16' ? decodeBFloat16 : Number;
  let scale = 0;
  for (const element of y.data) {
    const size = Math.abs(real(element as number));
    if (Number.isFinite(size) && size > scale) scale = size;
  }
  for (let i = 0; i < x.data.length; ++i) {
    const left = real(x.data[i] as number);
    const right = real(y.data[i] as number);
    if (Object.is(left, right) || left === right) continue;
    if (!Number.isFinite(left) || !Number.isFinite(right)) return false; // Infinity is within Infinity of anything
    if (!(Math.abs(left - right) <= absolute + relative * scale)) return false;
  }
  return true;
}
