import { dtypeTable, type DType } from '../../tensor/dtype.js';
import { decoderOf } from '../../tensor/element.js';
import { Tensor } from '../../tensor/tensor.js';
import type { TensorContent } from '../messages.js';

/** Elements that are written before others have a turn: some milliseconds. */
const elementsOfTurn = 16 * 1024;

/**
 * The elements of a tensor as JSON, separated by commas. Floats are written so that the double they read as is exactly
 * theirs; NaN, Infinity and -Infinity as words, which Triton and Python read.
 */
export function* writeData(content: TensorContent): Generator<string> {
  const { data } = content;
  const write = content instanceof Tensor ? writerOf(content.dtype) : JSON.stringify;
  for (let from = 0; from < data.length; from += elementsOfTurn) {
    const to = Math.min(from + elementsOfTurn, data.length);
    const texts = new Array<string>(to - from);
    for (let i = from; i < to; i++) texts[i - from] = write(data[i]);
    yield from === 0 ? texts.join(',') : `,${texts.join(',')}`;
  }
}

function writerOf(dtype: DType): (element: never) => string {
  const { kind } = dtypeTable[dtype];
  const decode = decoderOf(dtype);
  if (kind === 'float') return (element) => floatText(decode(element) as number);
  return kind === 'bool' ? (element: number) => (element === 0 ? 'false' : 'true') : String;
}

/** -0 would be read as an integer, which has no such thing. */
const floatText = (value: number): string => (Object.is(value, -0) ? '-0.0' : String(value));
