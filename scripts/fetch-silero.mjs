#!/usr/bin/env node
// Fetches Silero-VAD's wheel with pip, takes the model out of it, and prints the model's path: the TorchScript one, or
// with the argument `onnx` the ONNX one. Everything is checked against the sha256 in test/fixtures/silero/expected.json.

import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchFromWheel } from './fetch-wheel-file.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The path of the verified model (`model` or `onnx`). Throws when it cannot be had, saying why. */
export async function fetchSilero(which = 'model') {
  const expected = JSON.parse(await readFile(join(root, 'test/fixtures/silero/expected.json'), 'utf8'));
  const { wheel, [which]: model } = expected;
  if (!model) throw new Error(`expected nothing or onnx but received ${which}`);
  return await fetchFromWheel(wheel, model, `silero-vad-${wheel.version}${extname(model.path)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await fetchSilero(process.argv[2]));
