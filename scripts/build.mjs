#!/usr/bin/env node
// npm run build: TypeScript, LibTorch, the addon, and one try of it; each step only when its inputs have changed.

import { parseArgs } from 'node:util';
import { build, run } from './steps/build.mjs';

const usage = `node scripts/build.mjs [options]
  --force          run every step
  --ts-only        TypeScript alone
  --native-only    LibTorch and the addon alone (dist/ must be there)
  --tests          also compile the tests
  --torch=2.11.0   build against another minor, found in LIBTORCH or in the active Python`;

try {
  const { values } = parseArgs({
    options: {
      force: { type: 'boolean' },
      'ts-only': { type: 'boolean' },
      'native-only': { type: 'boolean' },
      tests: { type: 'boolean' },
      torch: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) process.stdout.write(`${usage}\n`);
  else {
    process.exitCode = await run((signal) =>
      build({
        signal,
        force: values.force,
        skipTypescript: values['native-only'],
        skipNative: values['ts-only'],
        tests: values.tests,
        version: values.torch,
      }),
    );
  }
} catch (error) {
  process.stderr.write(`${error.message}\n${usage}\n`);
  process.exitCode = 2;
}
