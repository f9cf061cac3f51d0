// Uses the optional peers that are installed: an image in, and an ONNX model that is loaded, run and disposed twice.
import { readFileSync } from 'node:fs';
import { loadModel, Tensor } from 'node-libtorch';
import { imageToTensor } from 'node-libtorch/tasks';

const image = await imageToTensor(readFileSync('turned.jpg'), { size: [2, 3], resize: 'stretch', divisor: 1 });
console.log('image', Array.from(image.data).join(' '));
for (const time of ['first', 'second']) {
  const model = await loadModel('linear.onnx');
  const ones = model.signature.inputs.map(({ dtype, shape }) =>
    Tensor.full(
      shape.map((size) => size ?? 2),
      1,
      dtype,
    ),
  );
  const output = await model.call('forward', ones);
  console.log(time, output.toArray().flat().join(' '));
  await model.dispose();
}
