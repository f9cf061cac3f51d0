// The models that are measured. The digit model is the bundled one; the others are generated once into the cache.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, root, say } from './paths.mjs';

const generated = (name) => join(cacheDir, 'models', `${name}.pt`);

export const models = {
  mlp: { title: 'digit MLP', path: join(root, 'models/mnist-mlp/v1.0/model.pt'), shape: [784] },
  resnet18: { title: 'ResNet-18', path: generated('resnet18'), shape: [3, 224, 224] },
  'transformer-t8': { title: '6-layer transformer, 8 tokens', path: generated('transformer-t8'), shape: [32] },
  'transformer-t32': { title: '6-layer transformer, 32 tokens', path: generated('transformer-t32'), shape: [128] },
};

export const width = (name) => models[name].shape.reduce((product, size) => product * size, 1);

/** The model, generated if it is not there yet. That needs Python (scripts/python-env.sh). */
export function model(name) {
  if (!existsSync(models[name].path)) {
    say('Generating the larger models (a Python environment of 4 GB the first time)');
    const script = join(root, 'scripts/bench/make_models.py');
    execFileSync('bash', [join(root, 'scripts/python-run.sh'), script, join(cacheDir, 'models')], { stdio: [0, 2, 2] });
  }
  return { name, width: width(name), ...models[name] };
}

/** Folders of a registry with this model in it, as a classifier, so that `serve` can serve it. */
export function registryWith(name) {
  const { path, shape } = model(name);
  const bytes = readFileSync(path);
  const record = {
    schemaVersion: 1,
    name,
    version: 'v1.0',
    created: '2026-11-22T00:00:00Z',
    sourceCommit: '0'.repeat(40),
    engine: 'torchscript',
    artifact: { file: 'model.pt', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
    framework: { torch: 'any', python: 'any' },
    signature: {
      inputs: [{ name: 'input', dtype: 'float32', shape: [null, ...shape], range: [0, 1] }],
      outputs: [{ name: 'scores', dtype: 'float32', shape: [null, 10] }],
    },
    task: { type: 'classification', activation: 'softmax', labels: [...'0123456789'] },
    metrics: {},
    training: { dataset: 'none: random weights' },
  };
  const folders = { registry: join(cacheDir, 'registry'), models: join(cacheDir, 'artifacts') };
  for (const folder of Object.values(folders)) mkdirSync(join(folder, name, 'v1.0'), { recursive: true });
  copyFileSync(path, join(folders.models, name, 'v1.0/model.pt'));
  writeFileSync(join(folders.registry, name, 'v1.0/metadata.json'), JSON.stringify(record, null, 2));
  writeFileSync(join(folders.registry, name, 'v1.0/MODEL_CARD.md'), '# Random weights, for benchmarks\n');
  return folders;
}
