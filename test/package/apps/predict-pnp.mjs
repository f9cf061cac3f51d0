// As predict.mjs, where there is no folder node_modules: Yarn's Plug'n'Play.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, Tensor } from 'node-libtorch';

const packageFolder = dirname(fileURLToPath(import.meta.resolve('node-libtorch/package.json')));
const digits = join(packageFolder, 'models/mnist-mlp/v1.0');
const { input_data } = JSON.parse(readFileSync(join(digits, 'digit.json'), 'utf8'));
const model = await loadModel(join(digits, 'model.pt'));
const logits = await model.run(Tensor.from(Float32Array.from(input_data), [1, 784]));
console.log(logits.argmax());
await model.dispose();
