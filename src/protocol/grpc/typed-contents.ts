import { describe, torchError } from '../../errors.js';
import { dtypeTable, type DType, type TensorData } from '../../tensor/dtype.js';
import type { Strings } from '../../tensor/strings.js';
import { Tensor } from '../../tensor/tensor.js';
import { datatypeTable, type Datatype } from '../datatype.js';
import { limits } from '../json/limits.js';
import type { TensorContent } from '../messages.js';
import type { WireContents } from './infer-messages.js';
import { Run } from './message.js';
import { utf8 } from './reader.js';

/** So many numbers, and more, are not written one by one. */
const maxTypedNumbers = 1_000_000;

const bulk = { fp32_contents: 4, fp64_contents: 8 } as const;
const isBulk = (member: keyof WireContents): member is keyof typeof bulk => member in bulk;

/**
 * The tensor of the elements in `contents`, in memory of its own.
 * @param elements as the shape says
 * @throws ERR_INVALID_DTYPE for a member of another datatype, and for FP16 and BF16, which only raw bytes can hold;
 * ERR_INVALID_SHAPE for another number of elements; ERR_OUT_OF_RANGE
 */
export function readTyped(
  where: string,
  datatype: Datatype,
  shape: readonly number[],
  elements: number,
  contents: Partial<WireContents>,
): TensorContent {
  const { contents: member, dtype } = datatypeTable[datatype];
  if (member === undefined) {
    throw torchError(
      'ERR_INVALID_DTYPE',
      `Expected raw_input_contents for ${where}: ${datatype} has no typed contents`,
    );
  }
  const other = filledMembers(contents).find((name) => name !== member);
  if (other !== undefined) {
    throw torchError('ERR_INVALID_DTYPE', `Expected ${member} for ${where} (${datatype}) but received ${other}`);
  }
  const given = contents[member];
  const count = isBulk(member)
    ? ((given as Run | undefined)?.bytes(bulk[member]).length ?? 0) / bulk[member]
    : lengthOf(given);
  if (count !== elements) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected ${elements} elements in ${member} of ${where} but received ${count}`,
    );
  }
  if (dtype === undefined) return stringsOf(where, shape, (given ?? []) as readonly Buffer[]);
  return new Tensor(
    dtype,
    isBulk(member) ? bulkOf(dtype, given as Run | undefined) : numbersOf(where, dtype, given as never),
    shape,
  );
}

/** The members that hold elements. */
function filledMembers(contents: Partial<WireContents>): readonly (keyof WireContents)[] {
  return (Object.keys(contents) as (keyof WireContents)[]).filter((name) => {
    const value = contents[name];
    return value instanceof Run || lengthOf(value) > 0;
  });
}

function lengthOf(value: WireContents[keyof WireContents]): number {
  return value === undefined || value instanceof Run ? 0 : value.length;
}

function bulkOf(dtype: DType, run: Run | undefined): TensorData {
  const { array, bytes } = dtypeTable[dtype];
  if (!run) return new array(0);
  // A run keeps its bytes at the beginning of a buffer of its own.
  const own = run.bytes(bytes);
  return new array(own.buffer as ArrayBuffer, 0, own.length / bytes);
}

type Elements = readonly (number | bigint | boolean)[];

function numbersOf(where: string, dtype: DType, given: Elements | undefined = []): TensorData {
  const { array, bytes, min, max } = dtypeTable[dtype];
  const data = new array(given.length);
  if (bytes === 8) {
    for (let i = 0; i < given.length; i++) data[i] = BigInt(given[i] as number);
    return data;
  }
  const least = Number(min ?? 0n);
  const most = Number(max ?? 1n);
  for (let i = 0; i < given.length; i++) {
    const value = Number(given[i]);
    if (value < least || value > most) {
      throw torchError(
        'ERR_OUT_OF_RANGE',
        `Expected integers from ${least} to ${most} for ${where} but received ${describe(value)} as element ${i}`,
      );
    }
    data[i] = value;
  }
  return data;
}

function stringsOf(where: string, shape: readonly number[], parts: readonly Uint8Array[]): Strings {
  if (parts.length > limits.strings) {
    throw torchError('ERR_INVALID_SHAPE', `Expected at most ${limits.strings} strings in ${where}`);
  }
  const data = parts.map((part, i) => {
    try {
      return utf8.decode(part);
    } catch {
      throw torchError('ERR_INVALID_INPUT', `Expected UTF-8 for element ${i} of ${where} but received other bytes`);
    }
  });
  return { shape, data };
}

/** Whether typed contents can hold it. */
export function canBeTyped(datatype: Datatype, content: TensorContent): boolean {
  const { contents } = datatypeTable[datatype];
  return contents !== undefined && (isBulk(contents) || content.data.length <= maxTypedNumbers);
}

/** As typed contents. */
export function writeTyped(datatype: Datatype, content: TensorContent): Partial<WireContents> {
  const { contents: member } = datatypeTable[datatype];
  if (member === undefined)
    throw torchError('ERR_INTERNAL', `Expected a datatype with typed contents, not ${datatype}`);
  if (!(content instanceof Tensor)) return { bytes_contents: content.data.map((text) => Buffer.from(text)) };
  const { buffer, byteOffset, byteLength } = content.data;
  if (isBulk(member)) return { [member]: new Uint8Array(buffer, byteOffset, byteLength) };
  return { [member]: Array.from<number | bigint>(content.data as never) };
}
