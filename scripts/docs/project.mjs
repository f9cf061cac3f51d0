// A folder like that of somebody who installed the package, with the files that pages speak of.

import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchSilero } from '../fetch-silero.mjs';

/** By the names that the pages give them. Where PyTorch is at hand, the Python of a page makes them anew. */
const readers = {
  'model.pt': 'models/mnist-mlp/v1.0/model.pt',
  'model.pt2': 'test/fixtures/notes/labelled.pt2',
  'detector.onnx': 'test/fixtures/onnx/linear.onnx',
  'animals.pt2': 'test/fixtures/notes/labelled.pt2',
  'photos.pt2': 'test/fixtures/guides/photos.pt2',
  'labels.json': 'test/fixtures/guides/labels.json',
  'cat.jpg': 'test/fixtures/images/turned.jpg',
  'encoder.pt2': 'test/fixtures/guides/encoder.pt2',
  'tokenizer.json': 'test/fixtures/guides/tokenizer.json',
  'tokenizer_config.json': 'test/fixtures/guides/tokenizer_config.json',
  'state_dict.pt': 'test/fixtures/torchscript/state_dict.pt',
  'truncated.pt': 'test/fixtures/torchscript/truncated.pt',
  'counter.pt2': 'test/fixtures/export/counter.pt2',
  'encoder.pt': 'test/fixtures/tasks/encoder.pt',
  'ids.pt': 'test/fixtures/faults/execution-errors/Ids.pt',
  'mixing.pt': 'test/fixtures/torchscript/row_mixing.pt',
  'prices.pt2': 'test/fixtures/guides/prices.pt2',
  'scores.pt': 'test/fixtures/guides/scores.pt',
  'noisy.pt': 'test/fixtures/guides/noisy.pt',
  'signed.pt': 'test/fixtures/notes/signed.pt',
};
/** What is fetched once, from a registry: for the pages that name it alone. */
const fetched = { 'silero_vad.onnx': () => fetchSilero('onnx') };
/** Packages that pages import beside ours. */
const packages = [
  'express',
  'fastify',
  'sharp',
  'onnxruntime-node',
  'onnxruntime-common',
  '@huggingface',
  '@types',
  '@grpc',
];

/** @param text of the page: what it does not name is not fetched */
export async function newProject(root, text = '') {
  const folder = mkdtempSync(join(tmpdir(), 'check-docs-'));
  for (const name of ['node_modules', 'src']) mkdirSync(join(folder, name));
  for (const [name, from] of Object.entries(readers)) copyFileSync(join(root, from), join(folder, name));
  for (const [name, fetch] of Object.entries(fetched))
    if (text.includes(name)) copyFileSync(await fetch(), join(folder, name));
  symlinkSync(root, join(folder, 'node_modules/node-libtorch'));
  for (const name of packages) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}
