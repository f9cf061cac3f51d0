#!/usr/bin/env node
// Runs `node-libtorch setup --cuda` for real, into a cache of its own (NODE_LIBTORCH_CACHE, else a temporary one that is removed):
// 2.7 GB by pip, or from NODE_LIBTORCH_MIRROR. Then looks whether its libraries need any that neither the set nor the system
// has, and runs the digit model with it; without a GPU, on the CPU. Linux x64 alone.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, run } from './steps/build.mjs';
import { root, say } from './steps/context.mjs';

/** Of the C and C++ runtimes and of the driver; and zlib, which cuDNN needs (docs/building.md). */
const system = /^(ld-linux-x86-64|lib(c|m|dl|pthread|rt|util|z|stdc\+\+|gcc_s|cuda|nvidia-ml))\.so/;
const cli = join(root, 'dist/cli/main.js');

process.exitCode = await run(async (signal) => {
  if (!(await build({ signal }))) return false;
  const given = process.env.NODE_LIBTORCH_CACHE;
  const cache = given ?? mkdtempSync(join(tmpdir(), 'check-cuda-setup-'));
  const env = { ...process.env, NODE_LIBTORCH_CACHE: cache, LIBTORCH: '' };
  try {
    const started = Date.now();
    const { status } = spawnSync(process.execPath, [cli, 'setup', '--cuda'], { env, stdio: ['ignore', 2, 2] });
    if (status !== 0) return false;
    const folder = join(cache, 'libtorch-2.15.0-linux-x64-cuda/lib');
    const libraries = readdirSync(folder);
    const bytes = libraries.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    say(
      `${libraries.length} libraries, ${(bytes / 1e9).toFixed(2)} GB, in ${((Date.now() - started) / 1000).toFixed(0)} s`,
    );

    const missing = libraries.flatMap((name) =>
      neededBy(join(folder, name))
        .filter((needed) => !libraries.includes(needed) && !system.test(needed))
        .map((needed) => `${name} needs ${needed}`),
    );
    for (const line of missing) say(line);

    const input = join(root, 'models/mnist-mlp/v1.0/digit.json');
    const doctor = JSON.parse(execFileSync(process.execPath, [cli, 'doctor', '--json'], { env, encoding: 'utf8' }));
    const used = doctor.libtorch.find(({ set }) => set !== undefined);
    say(
      `doctor: ${used.source}, ${used.set.version}, CUDA ${used.set.hasCuda}, ${used.set.cudaLibraries.length} CUDA libraries in order`,
    );
    const answer = execFileSync(process.execPath, [join(root, 'scripts/steps/predict-digit.mjs'), input], {
      env,
      encoding: 'utf8',
    });
    say(`the digit model, with that set: ${answer.trim()}`);
    return missing.length === 0 && used.source === 'setup' && used.set.hasCuda && answer.startsWith('7 ');
  } finally {
    if (given === undefined) rmSync(cache, { recursive: true, force: true });
  }
});

function neededBy(file) {
  const headers = execFileSync('objdump', ['--private-headers', file], { encoding: 'utf8' });
  return [...headers.matchAll(/^ *NEEDED +(\S+)$/gm)].map(([, name]) => name);
}
