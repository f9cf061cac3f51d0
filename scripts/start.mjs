#!/usr/bin/env node
// npm start: build what is stale, then serve in this very process, so that signals and exit codes are the server's own.

import { fileURLToPath } from 'node:url';
import { build, run } from './steps/build.mjs';
import { root } from './steps/context.mjs';

const code = await run((signal) => build({ signal }));
if (code === 0) {
  const main = new URL('../dist/cli/main.js', import.meta.url);
  process.argv = [process.execPath, fileURLToPath(main), 'serve', ...process.argv.slice(2)];
  process.chdir(root);
  await import(main.href);
} else process.exitCode = code;
