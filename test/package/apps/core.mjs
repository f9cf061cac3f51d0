// The folder that it is given has the digit's model: @node-libtorch/core brings none.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadModel, Tensor } from '@node-libtorch/core';

const [folder] = process.argv.slice(2);
const { input_data } = JSON.parse(readFileSync(`${folder}/digit.json`, 'utf8'));
const model = await loadModel(`${folder}/model.pt`);
const logits = await model.run(new Tensor('float32', Float32Array.from(input_data), [1, 784]));
const required = createRequire(import.meta.url)('@node-libtorch/core');
console.log(logits.data.indexOf(Math.max(...logits.data)), required.Tensor === Tensor);
await model.dispose();
