// predict-digit.mjs REQUEST: reads a digit with the bundled model; prints it, the device and where LibTorch came from.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, runtime, Tensor } from '#dist/index.js';
import { root } from './context.mjs';

const { input_data } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const model = await loadModel(join(root, 'models/mnist-mlp/v1.0/model.pt'));
const { data } = await model.run(new Tensor('float32', Float32Array.from(input_data), [1, 784]));
console.log(
  data.indexOf(Math.max(...data)),
  model.info.device.device ?? model.info.device,
  (await runtime.info()).libtorch?.path,
);
await model.dispose();
