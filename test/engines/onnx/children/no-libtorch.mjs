// LIBTORCH names nothing: ONNX does without, and the thread counts are fixed all the same.
import { loadModel, runtime, Tensor } from 'node-libtorch';

runtime.configure({ intraOpThreads: 1 });
const [, , , linear] = process.argv;
const model = await loadModel(linear);
const { shape } = await model.run(new Tensor('float32', new Float32Array(4), [1, 4]));
let code;
try {
  runtime.configure({ intraOpThreads: 1 });
} catch (error) {
  code = error.code;
}
await model.dispose();
console.log(JSON.stringify({ shape, code }));
