// A load that fails fixes no thread counts: what its message advises can be done, and a later load goes by it.
import { loadModel, runtime, Tensor } from 'node-libtorch';

const [, , , linear] = process.argv;
const codeOf = (thrown) => thrown.code;
const codes = [await loadModel('/nowhere/missing.onnx').catch(codeOf)];
runtime.configure({ intraOpThreads: 1000 });
// Each instance would have threads of its own.
codes.push(await loadModel(linear, { instances: 4 }).catch(codeOf));
runtime.configure({ intraOpThreads: 1 });
const model = await loadModel(linear);
const { shape } = await model.run(new Tensor('float32', new Float32Array(4), [1, 4]));
codes.push(await loadModel('/nowhere/missing.onnx').catch(codeOf));
try {
  runtime.configure({ intraOpThreads: 2 });
} catch (error) {
  codes.push(error.code);
}
await model.dispose();
console.log(JSON.stringify({ shape, codes }));
