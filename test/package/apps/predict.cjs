const { readFileSync } = require('node:fs');
const { loadModel, Tensor } = require('node-libtorch');
const { softmax } = require('node-libtorch/tasks');
const { createApp } = require('node-libtorch/server');
const client = require('node-libtorch/client');

(async () => {
  const digits = 'node_modules/node-libtorch/models/mnist-mlp/v1.0';
  const { input_data } = JSON.parse(readFileSync(`${digits}/digit.json`, 'utf8'));
  const model = await loadModel(`${digits}/model.pt`);
  const scores = softmax(await model.run(new Tensor('float32', Float32Array.from(input_data), [1, 784]))).data;
  // One of each class, whichever entry it comes from.
  const isOne =
    client.Tensor === Tensor && client.InferenceClient === (await import('node-libtorch/client')).InferenceClient;
  console.log(scores.indexOf(Math.max(...scores)), typeof createApp, isOne);
  await model.dispose();
})();
