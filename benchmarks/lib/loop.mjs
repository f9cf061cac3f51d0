// Builds and drives the bare C++ loop (native/bench/loop.cc).

import { execFileSync, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { dist, root, say } from './paths.mjs';

const folder = join(root, 'build/bench');

/** Brings the program up to date; CMake knows what has changed. */
export async function buildLoop() {
  const { libtorchForBuild } = await dist('libtorch/build/for-build.js');
  const { libDir, includeDir, version } = await libtorchForBuild({ report: () => {} });
  if (statSync(join(folder, 'bench_loop'), { throwIfNoEntry: false }) === undefined) {
    say('Building the C++ loop (once, a minute or two)');
  }
  const cmake = (...args) => execFileSync('cmake', args, { cwd: root, stdio: ['ignore', 'pipe', 2] });
  cmake(
    ...['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DNODE_LIBTORCH_BENCH=ON'],
    ...[`-DLIBTORCH_INCLUDE=${includeDir}`, `-DLIBTORCH_LIB=${libDir}`, `-DNODE_LIBTORCH_TORCH_VERSION=${version}`],
  );
  cmake('--build', folder, '--target', 'bench_loop');
}

/** A running loop with one model. `measure` may be called again and again, one call at a time. */
export async function startLoop({ path, shape }) {
  const { locate } = await dist('libtorch/find/locate.js');
  const folders = [...new Set(locate().libraries.map((library) => dirname(library)))].join(':');
  const child = spawn(join(folder, 'bench_loop'), [path, ...shape.map(String)], {
    stdio: ['pipe', 'pipe', 2],
    env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', LD_LIBRARY_PATH: folders },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    async measure(batch, seconds) {
      child.stdin.write(`${batch} ${seconds}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the C++ loop ended; its message is above');
      return JSON.parse(value);
    },
    stop: () => void child.stdin.end(),
  };
}
