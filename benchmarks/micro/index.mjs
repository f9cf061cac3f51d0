#!/usr/bin/env node
// node benchmarks/micro/index.mjs [--quick]: the benchmark.js suites alone.

import { fileURLToPath } from 'node:url';
import { resultsTable, textTable } from '../lib/table.mjs';
import { collate } from './collate.mjs';
import { conversion } from './conversion.mjs';
import { native } from './native.mjs';
import { validation } from './validation.mjs';

export async function micro({ quick = false } = {}) {
  const options = { seconds: quick ? 0.25 : 1 };
  const results = {};
  for (const suite of [conversion, validation, collate, native]) Object.assign(results, await suite(options));
  return results;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(textTable(resultsTable(await micro({ quick: process.argv.includes('--quick') }))));
}
