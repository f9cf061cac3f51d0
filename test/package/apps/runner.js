// A test as users write it, run by Jest and vitest; runners.test.mjs puts the imports, of either kind, above it.
/* global test, expect, beforeAll, afterAll, loadModel, Tensor, TorchError, softmax, driftTests, InferenceClient, readFileSync */
const digits = 'node_modules/node-libtorch/models/mnist-mlp/v1.0';
const { input_data } = JSON.parse(readFileSync(`${digits}/digit.json`, 'utf8'));
const digit = () => new Tensor('float32', Float32Array.from(input_data), [1, 784]);

let model;
beforeAll(async () => {
  model = await loadModel(`${digits}/model.pt`);
});
afterAll(() => model.dispose());

test('a model runs', async () => {
  const logits = await model.run(digit());
  expect(logits).toBeInstanceOf(Tensor);
  expect(logits.shape).toEqual([1, 10]);
  expect(logits.argmax()).toBe(7);
  expect(softmax(logits).argmax()).toBe(7);
  expect(driftTests.chi2.statistic({ counts: [5, 5] }, { counts: [1, 1] })).toBe(0);
});

test('a client is made of the same tensors', () => {
  const client = new InferenceClient('http://127.0.0.1:1');
  expect(client.protocol).toBe('http');
  client.close();
});

test('what it answers can be compared', async () => {
  const [a, b] = await Promise.all([model.run(digit()), model.run(digit())]);
  expect(a.data).toEqual(b.data);
  expect(Tensor.from([[1, 2]]).data).toEqual(new Float32Array([1, 2]));
});

test('an error is one of its class, and has its code', async () => {
  const wrong = model.run(new Tensor('int64', new BigInt64Array(3), [3]));
  await expect(wrong).rejects.toThrow(TorchError);
  await expect(wrong).rejects.toMatchObject({ code: 'ERR_MODEL_EXECUTION' });
});

test('a run is given up', async () => {
  const gone = new AbortController();
  const run = model.run(digit(), { signal: gone.signal });
  gone.abort();
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
});

test('a model is loaded from bytes', async () => {
  const other = await loadModel(readFileSync(`${digits}/model.pt`), { engine: 'torchscript' });
  expect((await other.run(digit())).argmax()).toBe(7);
  await other.dispose();
});
