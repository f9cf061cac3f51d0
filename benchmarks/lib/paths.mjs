import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The working tree. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
export const resultsDir = join(root, 'benchmarks/results');
export const baselineFile = join(root, 'benchmarks/baseline.json');

/** The compiled product; NODE_LIBTORCH_BENCH_DIST names another copy of it, to compare with. */
export const distDir = process.env.NODE_LIBTORCH_BENCH_DIST ?? join(root, 'dist');
export const dist = (name) => import(join(distDir, name));

/** Where models and programs of the benchmarks are kept. */
export const cacheDir = join(
  process.env.NODE_LIBTORCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-libtorch'),
  'bench',
);

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** As `prettier` would format it, so that results can be committed as they are. */
export async function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  const { format } = await import('prettier');
  writeFileSync(path, await format(JSON.stringify(value), { parser: 'json', printWidth: 120 }));
}

export const say = (text) => void process.stderr.write(`${text}\n`);

/** Ctrl-C and a time limit end this process as `exit` does, so that what it has started is ended with it. */
export function endWithSignals() {
  for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => process.exit(code));
  }
}
