// Builds and drives the bare C++ loop (native/bench/loop.cc).

import { execFileSync, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { dist, root } from './paths.mjs';

const build = join(root, 'build');
const program = join(build, 'bench/bench_loop');

/** Brings the program up to date, in the build of the addon: what both are made of is compiled already. */
export function buildLoop() {
  execFileSync('cmake', ['--build', build, '--target', 'bench_loop'], { cwd: root, stdio: ['ignore', 'pipe', 2] });
}

/** A running loop with one model. `measure` may be called again and again, one call at a time. */
export async function startLoop({ path, shape }) {
  const { locate } = await dist('libtorch/find/locate.js');
  const folders = [...new Set(locate().libraries.map((library) => dirname(library)))].join(':');
  const child = spawn(program, [path, ...shape.map(String)], {
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
