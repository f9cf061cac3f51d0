// A typed client of an inference server (this one, Triton or KServe). The types of the model come from the server.
// Run: npm install && npx node-libtorch serve mnist-mlp --port 3000
// Ask: npx node-libtorch types mnist-mlp --url http://127.0.0.1:3000 --output src/digits.d.ts && npx tsc
// Ask: node dist/main.js http://127.0.0.1:3000
import { readFile } from 'node:fs/promises';
import { InferenceClient, InferenceServerError } from 'node-libtorch/client';
import type { Methods } from './digits.js';

const client = new InferenceClient(process.argv[2] ?? 'http://127.0.0.1:8000', { timeoutMs: 5000 });
await client.waitUntilReady({ model: 'mnist-mlp' });
const digits = client.model<Methods>('mnist-mlp');

// Names, dtypes and outputs are checked when this is compiled: another name than `input` is an error in the editor.
const file = 'node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json';
const digit: { input_data: number[] } = JSON.parse(await readFile(file, 'utf8'));
const { outputs, modelVersion } = await digits.infer({ input: Float32Array.from(digit.input_data) });
const scores: Float32Array = outputs.logits.data;
console.log(`version ${modelVersion}: a ${scores.indexOf(Math.max(...scores))}`);

// Many at once share runs of the model.
const rows = Array.from({ length: 100 }, () => digits.infer({ input: Float32Array.from(digit.input_data) }));
console.log(`${(await Promise.all(rows)).length} answers`);

// What the server refuses has a code and a status.
try {
  await digits.infer({ input: new Float32Array(784).fill(2) });
} catch (error) {
  if (!(error instanceof InferenceServerError)) throw error;
  console.log(`${error.code} ${error.status}: ${error.serverMessage}`);
}

client.close();
