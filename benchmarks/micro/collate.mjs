import { dist } from '../lib/paths.mjs';
import { rowTensorData } from '../lib/rows.mjs';
import { runSuite } from './suite.mjs';

/** Putting calls into a batch and taking its results apart. */
export async function collate(options) {
  const { Tensor } = await dist('tensor/tensor.js');
  const { gather, scatter, slabPool } = await dist('model/collate.js');
  const { prepareCall } = await dist('model/call.js');
  const pool = slabPool(
    (bytes) => new ArrayBuffer(bytes),
    () => true,
  );
  const one = [new Tensor('float32', rowTensorData(784), [1, 784])];
  const calls = Array.from({ length: 32 }, () => prepareCall('forward', one));
  const result = new Tensor('float32', new Float32Array(320), [32, 10]);
  const gatherAndGiveBack = (group, padTo) => {
    for (const slab of gather(group, padTo, pool).slabs) pool.give(slab);
  };
  return runSuite(
    'collate',
    {
      'prepareCall 1×784': () => prepareCall('forward', one),
      'gather 32 of 1×784': () => gatherAndGiveBack(calls, 0),
      'gather 17 padded to 32': () => gatherAndGiveBack(calls.slice(0, 17), 32),
      'scatter 32 of 1×10': () => scatter(result, calls, 32),
    },
    options,
  );
}
