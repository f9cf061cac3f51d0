// Asks a server for the digit, by its URL. It loads no addon and no LibTorch.
import { readFileSync } from 'node:fs';
import { InferenceClient } from 'node-libtorch/client';

async function main() {
  const { input_data } = JSON.parse(
    readFileSync('node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json', 'utf8'),
  );
  const client = new InferenceClient(process.argv[2]);
  const result = await client.model('mnist-mlp').infer({ input: Float32Array.from(input_data) });
  console.log(result.tensor('logits').argmax(), result.modelVersion);
  client.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
