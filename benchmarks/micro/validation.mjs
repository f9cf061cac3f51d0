import { dist } from '../lib/paths.mjs';
import { rowTensorData, rowValues } from '../lib/rows.mjs';
import { runSuite } from './suite.mjs';

/** Checks before any compute. */
export async function validation(options) {
  const { Tensor } = await dist('tensor/tensor.js');
  const { schemaBinder } = await dist('signature/bind.js');
  const { parseRows } = await dist('server/codec/rows.js');
  const signature = {
    inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }],
    outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 10] }],
  };
  const schema = { args: [{ name: 'input', type: 'Tensor', hasDefault: false }] };
  const binder = schemaBinder(schema, signature);
  const one = [new Tensor('float32', rowTensorData(784), [1, 784])];
  const many = [new Tensor('float32', rowTensorData(784, 32), [32, 784])];
  const spec = (batchSize) => ({ features: 784, batchSize, range: [0, 1] });
  const row = rowValues(784);
  const rows = Array.from({ length: 32 }, () => row).flat();
  return runSuite(
    'validation',
    {
      'bind 1×784': () => binder.bind(one),
      'bind 32×784': () => binder.bind(many),
      'parseRows 1×784': () => parseRows(row, spec(1)),
      'parseRows 32×784': () => parseRows(rows, spec(32)),
    },
    options,
  );
}
