import { loadModel, Tensor } from 'node-libtorch';

const [, , , digit] = process.argv;
for (let i = 0; i < 3; ++i) {
  const model = await loadModel(digit);
  await model.run(new Tensor('float32', new Float32Array(784), [1, 784]));
}
