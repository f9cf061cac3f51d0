/** What the digit model answers for digits, and what monitoring sees of them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, Tensor } from '../../../dist/index.js';
import { featuresOf } from '../../../dist/monitoring/drift/features.js';
import { meaningOf } from '../../../dist/tasks/kinds/index.js';

const width = 784;

export async function digitRows(root) {
  const path = join(root, 'model-registry/mnist-mlp/v1.0/metadata.json');
  const { signature, task } = JSON.parse(readFileSync(path, 'utf8'));
  const features = featuresOf(signature, meaningOf(task));
  const { predicted, confidence } = features.prediction;
  const places = features.list.flatMap(({ input }, at) => (input === undefined ? [] : [at]));
  const model = await loadModel(join(root, 'models/mnist-mlp/v1.0/model.pt'));
  const read = (image, value, rows, actual) => {
    const found = { actual, predicted: [], confidences: [], features: [] };
    features.begin([image], value, rows);
    for (let row = 0; row < rows; row++) {
      const values = features.read(row);
      found.predicted.push(values[predicted]);
      found.confidences.push(values[confidence]);
      found.features.push(places.map((at) => values[at]));
    }
    features.end();
    return found;
  };
  let training;
  return {
    names: places.map((at) => features.list[at].name),
    /** @param bytes float32 [n, 784] */
    async rows(bytes, actual) {
      const data = new Float32Array(new Uint8Array(bytes).buffer);
      const rows = data.length / width;
      const image = new Tensor('float32', data, [rows, width]);
      const value = await model.run(image);
      if (rows === actual.length && rows > 2000) training = image;
      return read(image, value, rows, actual);
    },
    /** The training digits with answers of models that have not seen them; undefined where there are none. */
    crossFit({ actual }) {
      const path = join(root, 'scripts/train/cross-fit.npy');
      if (!existsSync(path) || !training) return undefined;
      const bytes = readFileSync(path);
      const isHalf = bytes.subarray(0, 128).includes("'<f2'");
      const size = actual.length * 10 * (isHalf ? 2 : 4);
      const data = new Uint8Array(bytes.subarray(bytes.length - size)).buffer;
      const shape = [actual.length, 10];
      const scores = isHalf
        ? new Tensor('float16', new Uint16Array(data), shape)
        : new Tensor('float32', new Float32Array(data), shape);
      return read(training, scores, actual.length, actual);
    },
    async close() {
      await model.dispose();
    },
  };
}
