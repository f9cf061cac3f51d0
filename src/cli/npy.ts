import { torchError } from '../errors.js';
import { dtypeTable } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';
import type { DType } from '../tensor/dtype.js';

/** NumPy's names of what is read here: little-endian, which is what every supported machine is. */
const descriptors: Readonly<Record<string, DType>> = {
  '<f4': 'float32',
  '<f8': 'float64',
  '<f2': 'float16',
  '|i1': 'int8',
  '|u1': 'uint8',
  '<i2': 'int16',
  '<u2': 'uint16',
  '<i4': 'int32',
  '<u4': 'uint32',
  '<i8': 'int64',
  '<u8': 'uint64',
  '|b1': 'bool',
};

/**
 * The tensor of a .npy file (format 1 to 3; C order, little-endian, numbers or bools).
 * @throws ERR_INVALID_INPUT for anything else
 */
export function parseNpy(file: Uint8Array): Tensor {
  const { header, start } = headerOf(file);
  const descriptor = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descriptor === undefined || order === undefined || dimensions === undefined)
    throw invalid('a readable header', 'none');
  const dtype = Object.hasOwn(descriptors, descriptor) ? descriptors[descriptor] : undefined;
  if (!dtype) throw invalid(`one of ${Object.keys(descriptors).join(' ')} for its dtype`, descriptor);
  const shape = dimensions
    .split(',')
    .filter((text) => text.trim() !== '')
    .map(Number);
  // One dimension and fewer read the same in both orders.
  if (order === 'True' && shape.length > 1) throw invalid('C order', 'Fortran order; save numpy.ascontiguousarray(x)');
  const { array, bytes } = dtypeTable[dtype];
  if ((file.length - start) % bytes !== 0) throw invalid(`whole ${dtype} elements`, `${file.length - start} bytes`);
  // A copy, for the elements may start at any byte of the file.
  return new Tensor(dtype, new array(new Uint8Array(file.subarray(start)).buffer), shape);
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
