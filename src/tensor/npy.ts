import { torchError } from '../errors.js';
import { nestedStrings } from './strings.js';
import { dtypeTable, type DType } from './dtype.js';
import { Tensor } from './tensor.js';
import type { Value } from './value.js';

/** NumPy's names of numbers and bools, without the byte order that stands before them. */
const descriptors: Readonly<Record<string, DType>> = {
  ...{ f4: 'float32', f8: 'float64', f2: 'float16', b1: 'bool' },
  ...{ i1: 'int8', u1: 'uint8', i2: 'int16', u2: 'uint16', i4: 'int32', u4: 'uint32', i8: 'int64', u8: 'uint64' },
};

/** What stands before the elements. */
export interface NpyHeader {
  /** Of numbers and bools; undefined for text. */
  readonly dtype: DType | undefined;
  /** Characters of an element, where it is text. */
  readonly width: number | undefined;
  readonly shape: readonly number[];
  /** The first index changes fastest. */
  readonly isFortran: boolean;
  readonly isBigEndian: boolean;
  /** Where the elements begin. */
  readonly start: number;
}

/** Some elements. */
type Content = Pick<NpyHeader, 'shape' | 'isFortran' | 'isBigEndian'> & { readonly bytes: Uint8Array };

/** Of a file, so many bytes are sure to have its header: NumPy's own are of 128 bytes. */
export const npyHeadBytes = 64 * 1024;

/**
 * The header of a .npy file (format 1 to 3).
 * @param head the file, or its first `npyHeadBytes`
 * @throws ERR_INVALID_INPUT for anything else, and for elements that are neither numbers, bools nor text
 */
export function parseNpyHeader(head: Uint8Array): NpyHeader {
  const { header, start } = headerOf(head);
  const descriptor = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descriptor === undefined || order === undefined || dimensions === undefined) {
    throw invalid('a readable header', /'descr':\s*\[/.test(header) ? 'one of records' : 'none');
  }
  const shape = dimensions
    .split(',')
    .filter((text) => text.trim() !== '')
    .map(Number);
  const [, kind = ''] = /^[<>|=](.*)$/.exec(descriptor) ?? [];
  const dtype = Object.hasOwn(descriptors, kind) ? descriptors[kind] : undefined;
  const width = /^U(\d{1,6})$/.exec(kind)?.[1];
  if (!dtype && width === undefined)
    throw invalid(`one of ${Object.keys(descriptors).join(' ')} or text (U) for its dtype`, descriptor);
  return {
    dtype,
    width: width === undefined ? undefined : Number(width),
    shape,
    // One dimension and fewer read the same in both orders.
    isFortran: order === 'True' && shape.length > 1,
    isBigEndian: descriptor.startsWith('>'),
    start,
  };
}

/**
 * What is in a .npy file (format 1 to 3): a tensor of numbers or bools, of either byte order, in C or Fortran order; of text
 * (`<U…`) strings in nested arrays.
 * @throws ERR_INVALID_INPUT for anything else
 */
export function parseNpy(file: Uint8Array): Value {
  const { dtype, width, start, ...header } = parseNpyHeader(file);
  const content = { ...header, bytes: file.subarray(start) };
  return dtype ? npyNumbers(dtype, content) : npyStrings(width as number, content);
}

/** Elements of a .npy file that are numbers or bools. @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE */
export function npyNumbers(dtype: DType, { shape, isFortran, isBigEndian, bytes }: Content): Tensor {
  const { array, bytes: size } = dtypeTable[dtype];
  if (bytes.length % size !== 0) throw invalid(`whole ${dtype} elements`, `${bytes.length} bytes`);
  // A copy, for the elements may start at any byte of the file.
  const own = new Uint8Array(bytes);
  if (isBigEndian && size > 1) for (let at = 0; at < own.length; at += size) own.subarray(at, at + size).reverse();
  const tensor = new Tensor(dtype, new array(own.buffer), shape);
  if (!isFortran) return tensor;
  const ordered = new array(tensor.data.length);
  const places = rowMajor(shape);
  for (let at = 0; at < ordered.length; ++at) ordered[places.next()] = tensor.data[at] as never;
  return new Tensor(dtype, ordered, shape);
}

/** Characters of four bytes each, with zeros behind the last. */
function npyStrings(width: number, { shape, isFortran, isBigEndian, bytes }: Content): Value {
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== count * width * 4)
    throw invalid(`${count} strings of ${width} characters`, `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Array<string>(count).fill('');
  const places = rowMajor(shape);
  for (let i = 0; i < count; ++i) {
    let text = '';
    for (let at = i * width; at < (i + 1) * width; ++at) {
      const character = view.getUint32(at * 4, !isBigEndian);
      if (character > 0x10ffff) throw invalid('characters of Unicode', 'others');
      text += String.fromCodePoint(character);
    }
    data[isFortran ? places.next() : i] = text.replace(/\0+$/, '');
  }
  return nestedStrings({ shape, data });
}

/** Where the elements of a file in Fortran order stand in C order, one after the other. */
function rowMajor(shape: readonly number[]): { next: () => number } {
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  let place = 0;
  return {
    next() {
      const here = place;
      for (let axis = 0; axis < shape.length; ++axis) {
        place += strides[axis] as number;
        if (++(index[axis] as number) < (shape[axis] as number)) break;
        place -= (strides[axis] as number) * (shape[axis] as number);
        index[axis] = 0;
      }
      return here;
    },
  };
}

function headerOf(file: Uint8Array): { header: string; start: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || String.fromCharCode(...file.subarray(1, 6)) !== 'NUMPY' || file[0] !== 0x93) {
    throw invalid('the signature of NumPy', 'another one');
  }
  const version = file[6] as number;
  if (version < 1 || version > 3) throw invalid('format 1, 2 or 3', String(version));
  const start = version === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  if (start > file.length) throw invalid('a whole header', 'a truncated one');
  return { header: new TextDecoder().decode(file.subarray(version === 1 ? 10 : 12, start)), start };
}

function invalid(expected: string, received: string) {
  return torchError('ERR_INVALID_INPUT', `Expected ${expected} in the .npy file but received ${received}`);
}
