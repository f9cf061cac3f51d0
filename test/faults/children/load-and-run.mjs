// Loads and runs the digit model; prints the digit, or the error as JSON. With `moved`, in a working folder that was removed.
import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, Tensor } from 'node-libtorch';

const digits = new URL('../../../models/mnist-mlp/v1.0/', import.meta.url);
const { input_data } = JSON.parse(readFileSync(new URL('digit.json', digits), 'utf8'));
if (process.argv[2] === 'moved') {
  const folder = mkdtempSync(join(tmpdir(), 'removed-'));
  process.chdir(folder);
  rmdirSync(folder);
}
try {
  const model = await loadModel(new URL('model.pt', digits));
  console.log((await model.run(new Tensor('float32', Float32Array.from(input_data), [1, 784]))).argmax());
  await model.dispose();
} catch ({ name, code, message }) {
  console.log(JSON.stringify({ name, code, message }));
}
