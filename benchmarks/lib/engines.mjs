// The digit network as a file of each engine, in one registry, with the same record but for the file.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportFourWays } from './four-ways.mjs';
import { cacheDir, distDir, say } from './paths.mjs';

/** THE TABLE. Way: what four_ways.py calls the format. Output: what the file calls it, where it has a name. */
export const engines = {
  torchscript: { title: 'TorchScript', way: 'torchscript', extension: 'pt', output: 'logits' },
  export: { title: 'exported program', way: 'export', extension: 'pt2', output: 'output' },
  onnx: { title: 'ONNX', way: 'onnx', extension: 'onnx', output: 'output' },
};

export const nameOf = (engine) => `digit-${engine}`;

const signatureWith = (output) => ({
  inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }],
  outputs: [{ name: output, dtype: 'float32', shape: [null, 10] }],
});
const task = { type: 'classification', activation: 'softmax', labels: [...'0123456789'] };

/** The files; made once, with Python. */
function filesOf(folder) {
  const file = ({ way, extension }) => join(folder, `mlp-${way}.${extension}`);
  if (Object.values(engines).some((engine) => !existsSync(file(engine)))) {
    say('Exporting the digit network (a Python environment of 4 GB the first time, and a C++ compiler)');
    exportFourWays(folder, ['mlp']);
  }
  return Object.fromEntries(Object.entries(engines).map(([name, engine]) => [name, file(engine)]));
}

/** Flags of `serve` for all of them. */
export function serveEngines() {
  const folder = join(cacheDir, 'engines');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const folders = ['--registry', join(folder, 'registry'), '--models', join(folder, 'models')];
  const written = (name, value) => {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  const files = filesOf(join(cacheDir, 'four-ways'));
  for (const [engine, { output }] of Object.entries(engines)) {
    const what = ['--name', nameOf(engine), '--model-version', 'v1.0', '--task-file', written('task', task)];
    const add = [files[engine], ...what, '--signature', written(engine, signatureWith(output)), ...folders];
    const main = join(distDir, 'cli/main.js');
    execFileSync(process.execPath, [main, 'registry', 'add', ...add], { stdio: ['ignore', 'pipe', 2] });
  }
  return [...Object.keys(engines).map(nameOf), ...folders];
}
