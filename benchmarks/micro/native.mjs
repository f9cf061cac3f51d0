import { dist } from '../lib/paths.mjs';
import { model } from '../lib/models.mjs';
import { rowTensorData } from '../lib/rows.mjs';
import { runSuite } from './suite.mjs';

/** Calls of a model: into C++, over to its thread, and back. */
export async function native(options) {
  const { loadModel, Tensor } = await dist('index.js');
  const loaded = await loadModel(model('mlp').path);
  const inputs = new Map([1, 32].map((rows) => [rows, new Tensor('float32', rowTensorData(784, rows), [rows, 784])]));
  await loaded.warmup({ example: inputs.get(1), batchSizes: [1, 32] });
  try {
    return await runSuite(
      'native',
      {
        'model.run 1×784': () => loaded.run(inputs.get(1)),
        'model.run 32×784': () => loaded.run(inputs.get(32)),
      },
      options,
    );
  } finally {
    await loaded.dispose();
  }
}
