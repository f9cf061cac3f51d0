/**
 * The classification extension: the best classes of an output as texts, `value:index` or `value:index:label`.
 * Source: Triton's `docs/protocol/extension_classification.md`; a number with a fraction has six decimals there.
 */
import { Turns } from '../../async/turns.js';
import { describe, torchError } from '../../errors.js';
import type { NamedTensor, RequestedOutput } from '../../protocol/messages.js';
import { Highest } from '../../tasks/scores/highest.js';
import { dtypeTable, type DType } from '../../tensor/dtype.js';
import { bfloat16ToFloat32, float16ToFloat32 } from '../../tensor/float16.js';
import type { Strings } from '../../tensor/strings.js';
import { Tensor } from '../../tensor/tensor.js';

/** How many classes a request asks for; undefined where it asks for the tensor. @throws ERR_OUT_OF_RANGE */
export function classesAsked({ name, parameters }: RequestedOutput): number | undefined {
  const asked = parameters?.classification;
  if (asked === undefined) return undefined;
  const classes = typeof asked === 'bigint' ? Number(asked) : asked;
  if (typeof classes === 'number' && Number.isSafeInteger(classes) && classes >= 1) return classes;
  throw torchError(
    'ERR_OUT_OF_RANGE',
    `Expected an integer of at least 1 as classification of ${name} but received ${describe(asked)}`,
  );
}

/** Texts of one answer at most, over all rows: each of them is an object of its own. */
const mostTexts = 2 ** 18;
/** Numbers that are looked at before others may have their turn. */
const piece = 2 ** 15;
/** What is counted for a number, of which each may displace another, and for a text or another row. */
const numberCost = 4;
const textCost = 32;

/**
 * The best classes of each row, the best first; equal ones by their index. What is behind dimension 0 is one row. It takes one
 * pass over the numbers, in turns of the event loop.
 * @throws ERR_INVALID_INPUT for what has no numbers, ERR_OUT_OF_RANGE for more texts than an answer may have
 */
export async function classified(
  { name, content }: NamedTensor,
  most: number,
  labels?: readonly string[],
): Promise<Strings> {
  if (!(content instanceof Tensor) || content.dtype === 'bool') {
    throw torchError('ERR_INVALID_INPUT', `Expected an output of numbers for classification but ${name} has none`);
  }
  const [first = 1, ...tail] = content.shape;
  const hasRows = content.shape.length > 1;
  const rows = hasRows ? first : 1;
  const width = hasRows ? tail.reduce((product, size) => product * size, 1) : first;
  const classes = Math.min(most, width);
  const shape = hasRows ? [rows, classes] : [classes];
  const count = rows * classes;
  if (count > mostTexts) {
    throw torchError(
      'ERR_OUT_OF_RANGE',
      `Expected at most ${mostTexts} classes over all rows but received ${count} of ${name} (${rows} rows of ${classes}): ask for fewer, or for the tensor`,
    );
  }
  if (count === 0) return { shape, data: [] };
  const textOf = textsOf(content.dtype, labels);
  const turns = new Turns();
  const data = new Array<string>(count);
  for (let row = 0; row < rows; row++) {
    const best = new Highest(classes);
    for (let from = 0; from < width; from += piece) {
      const to = Math.min(width, from + piece);
      best.offer(numbersOf(content, row * width + from, row * width + to), from);
      if (turns.isDue((to - from) * numberCost + textCost)) await turns.pause();
    }
    let at = (row + 1) * classes;
    for (const { value, index } of best.lowestFirst()) {
      data[--at] = textOf(value, index);
      if (turns.isDue(textCost)) await turns.pause();
    }
  }
  return { shape, data };
}

/** Some of the elements as numbers that can be compared. */
function numbersOf({ dtype, data }: Tensor, from: number, to: number): ArrayLike<number | bigint> {
  const part = data.subarray(from, to);
  if (dtype === 'float16') return float16ToFloat32(part as Uint16Array);
  return dtype === 'bfloat16' ? bfloat16ToFloat32(part as Uint16Array) : part;
}

function textsOf(dtype: DType, labels: readonly string[] | undefined) {
  const isFloat = dtypeTable[dtype].kind === 'float';
  return (number: number | bigint, index: number): string => {
    const label = labels?.[index];
    const value = isFloat ? fixed(Number(number)) : String(number);
    return label === undefined ? `${value}:${index}` : `${value}:${index}:${label}`;
  };
}

/** As C writes `%f`. */
function fixed(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}
