import { dist } from '../lib/paths.mjs';
import { rowTensorData, rowValues } from '../lib/rows.mjs';
import { runSuite } from './suite.mjs';

/** Tensors from nested arrays and back. */
export async function conversion(options) {
  const { Tensor } = await dist('tensor/tensor.js');
  const { encodeFloat16, decodeFloat16, encodeBFloat16 } = await dist('tensor/float16.js');
  const row = rowValues(784);
  const rows = Array.from({ length: 32 }, () => row);
  const data = rowTensorData(784, 32);
  const tensor = new Tensor('float32', data, [32, 784]);
  const half = Tensor.from([row], 'float16');
  return runSuite(
    'conversion',
    {
      'Tensor of a typed array': () => new Tensor('float32', data, [32, 784]),
      'Tensor.from 1×784': () => Tensor.from([row]),
      'Tensor.from 32×784': () => Tensor.from(rows),
      'toArray 32×784': () => tensor.toArray(),
      'toArray float16 1×784': () => half.toArray(),
      'encodeFloat16 ×784': () => row.reduce((sum, value) => sum + encodeFloat16(value), 0),
      'decodeFloat16 ×784': () => half.data.reduce((sum, bits) => sum + decodeFloat16(bits), 0),
      'encodeBFloat16 ×784': () => row.reduce((sum, value) => sum + encodeBFloat16(value), 0),
    },
    options,
  );
}
