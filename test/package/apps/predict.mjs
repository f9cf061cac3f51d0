import { readFileSync } from 'node:fs';
import { loadModel, Tensor } from 'node-libtorch';

const digits = 'node_modules/node-libtorch/models/mnist-mlp/v1.0';
const { input_data } = JSON.parse(readFileSync(`${digits}/digit.json`, 'utf8'));
const model = await loadModel(process.argv[2] ?? `${digits}/model.pt`, { device: process.argv[3] ?? 'auto' });
const logits = await model.run(new Tensor('float32', Float32Array.from(input_data), [1, 784]));
console.log(logits.data.indexOf(Math.max(...logits.data)));
await model.dispose();
