#!/usr/bin/env node
// `npm run build`: TypeScript, LibTorch, the addon, and one try of it in a child process.
//   --force        run every step      --ts-only      TypeScript alone
//   --native-only  no TypeScript (dist/ must be there)

import { libtorch, native, typescript } from './steps/build-steps.mjs';

const flags = new Set(process.argv.slice(2));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(signal));

async function build() {
  const force = flags.has('--force');
  if (!flags.has('--native-only') && !typescript(force)) return 1;
  if (flags.has('--ts-only')) return 0;
  const found = await libtorch(stop.signal);
  await native(found, force, stop.signal);
  return 0;
}

try {
  process.exitCode = await build();
} catch (error) {
  if (stop.signal.aborted) process.exitCode = stop.signal.reason === 'SIGINT' ? 130 : 143;
  else {
    process.stderr.write(`${error?.code ? `${error.code}: ` : ''}${error?.message ?? error}\n`);
    process.exitCode = 1;
  }
}
