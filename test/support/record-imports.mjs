// node --import this -e …: prints `parent -> url` for every import that is resolved, as URLs. Node evaluates this file twice:
// in the process, where it registers itself, and in the thread of its loader, which calls `resolve`.

import { writeSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register(import.meta.url);

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  writeSync(1, `import ${context.parentURL} -> ${found.url}\n`);
  return found;
}
