// Search by meaning. The folder minilm has model.onnx, tokenizer.json and tokenizer_config.json of all-MiniLM-L6-v2 (Hugging Face).
// Run: npm install --onnxruntime-node-install=skip && node server.mjs minilm
// Ask: curl -G 127.0.0.1:3000/search --data-urlencode 'q=How do I get my money back?'
import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import express from 'express';
import { loadModel, Tensor } from 'node-libtorch';
import { cosineSimilarity, meanPool, normalize, topK } from 'node-libtorch/tasks';

const folder = process.argv[2];
const json = async (name) => JSON.parse(await readFile(`${folder}/${name}`, 'utf8'));
const tokenizer = new Tokenizer(await json('tokenizer.json'), await json('tokenizer_config.json'));
const model = await loadModel(`${folder}/model.onnx`);
const maxTokens = 256;

/** A vector of length 1 for each text: float32 [texts, 384]. */
async function embed(texts) {
  const ids = texts.map((text) => tokenizer.encode(text).ids.slice(0, maxTokens));
  const length = Math.max(...ids.map((row) => row.length));
  // Texts of one batch have one length; the mask says what is padding.
  const pad = (row) => [...row, ...Array(length - row.length).fill(0)];
  const input_ids = Tensor.from(ids.map(pad), 'int64');
  const attention_mask = Tensor.from(
    ids.map((row) => pad(row.map(() => 1))),
    'int64',
  );
  const token_type_ids = Tensor.zeros(input_ids.shape, 'int64');
  const tokens = await model.run({ input_ids, attention_mask, token_type_ids });
  return normalize(meanPool(tokens, attention_mask));
}

const documents = [
  'Refunds are paid to your card within fourteen days.',
  'We deliver on weekdays between nine and six.',
  'Your password must have at least twelve characters.',
  'The warranty covers faults of material for two years.',
];
const known = await embed(documents);

const app = express();
app.get('/search', async (request, response) => {
  const scores = cosineSimilarity(await embed([String(request.query.q)]), known);
  response.json(topK(scores, 2, documents)[0]);
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

process.once('SIGTERM', () => {
  server.close(() => void model.dispose());
  server.closeIdleConnections();
});
