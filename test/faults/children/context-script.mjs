/** What a test of somebody's does, inside a context: see in-context.mjs. */
/* global AbortSignal */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { BatchQueue, loadModel, ModelHost, runtime, Tensor } from 'node-libtorch';
import { createServer } from 'node-libtorch/server';
import { softmax } from 'node-libtorch/tasks';

const linear = 'test/fixtures/torchscript/linear.pt';
const files = [linear, 'test/fixtures/aoti/mlp.pt2', 'test/fixtures/onnx/linear.onnx'];
const rows = () => new Tensor('float32', new Float32Array(8).fill(0.5), [2, 4]);
const codeOf = async (action) => {
  try {
    await action();
    return 'none';
  } catch (error) {
    return error.code ?? `${error.name}: ${error.message}`;
  }
};

export default async function run() {
  const found = { isForeign: !(readFileSync(linear) instanceof Uint8Array) };
  for (const file of files) {
    const model = await loadModel(file);
    const own = [];
    own.push((await model.run(rows())).shape);
    const queue = new BatchQueue(model, { rowIndependent: true });
    own.push((await queue.run(rows())).shape);
    own.push((await model.warmup({ example: [rows()], batchSizes: [1, 2] })).rowIndependent);
    own.push((await model.run(rows())).toFloat32().toArray().length);
    own.push((await model.run(await model.run(rows()).then(() => rows()))).dtype);
    own.push(await codeOf(() => model.run(rows(), { signal: AbortSignal.abort(new Error('given up')) })));
    own.push(await codeOf(() => model.run(Tensor.from([1]))));
    await queue.close();
    await model.dispose();
    own.push(await codeOf(() => model.run(rows())));
    found[file.split('.').at(-1)] = own;
  }
  const bytes = readFileSync(linear);
  const given = [bytes, new Uint8Array(bytes), new Uint8Array(bytes).buffer, Buffer.from(bytes)];
  found.bytes = [];
  for (const each of given) {
    const model = await loadModel(each, { engine: 'torchscript' });
    found.bytes.push((await model.run(rows())).shape);
    await model.dispose();
  }
  const dict = await loadModel('test/fixtures/torchscript/dict_input.pt');
  found.dict = await codeOf(() =>
    dict.run(
      new Map([
        ['a', Tensor.from([1])],
        ['b', Tensor.from([2])],
      ]),
    ),
  );
  await dict.dispose();
  found.missing = await loadModel('nowhere/model.pt').catch(({ code, message }) => [code, message]);
  found.softmax = softmax(Tensor.from([[0, 0]])).toArray();
  found.devices = (await runtime.info()).devices.length > 0;
  const host = await ModelHost.open({ models: [{ file: linear, name: 'linear' }] });
  const server = await createServer({ host, port: 0, logger: false });
  found.host = (await host.model('linear').run(rows())).shape;
  found.server = (await fetch(`${server.url}/health/ready`)).status;
  await server.close();
  await host.close();
  return found;
}
