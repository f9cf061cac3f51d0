#!/usr/bin/env node
// npm run test:examples: does with each example what its header says, in a project that has this build installed: install, prepare,
// start, ask; and checks the answers.
//   --light     those that need no Python and no large framework, which CI takes
//   NAMES       these alone

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Commands, freePort } from './commands.mjs';
import { headerOf } from './header.mjs';
import { packOwn, projectOf, put, root } from './project.mjs';
import { pythonPath, runPython } from './python.mjs';
import { examples } from './table.mjs';

const { values, positionals } = parseArgs({ options: { light: { type: 'boolean' } }, allowPositionals: true });
const light = values.light ?? false;

/** Follows one header from its first line to its last, and the example's own check after it. */
async function follow(example, tarball) {
  const { commands } = headerOf(readFileSync(join(root, 'examples', example.main), 'utf8'));
  const folder = projectOf(example.name, example.main, commands.install, tarball);
  for (const [name, from] of Object.entries((await example.files?.(light)) ?? {})) put(folder, name, from);
  const isPython = (command) => command.startsWith('python3');
  // What Python prepares comes from elsewhere where there is none, and so does what is made of that.
  const prepare = light && commands.prepare.some(isPython) ? [] : commands.prepare;
  const port = await freePort();
  const path = prepare.some(isPython) ? [pythonPath(example.python)] : [];
  const shell = new Commands(folder, port, path, example.env?.(folder));
  const python = (script, ...args) => runPython(example.python, folder, script, ...args);
  const expected = await example.before?.({ folder, light, python });
  for (const command of prepare) await shell.run(command);
  const stop = await shell.start(commands.start);
  let ended;
  try {
    const answers = [];
    for (const command of commands.ask) answers.push(await shell.run(command));
    await example.check({ answers, url: `http://127.0.0.1:${port}`, folder, light, expected });
  } finally {
    ended = await stop();
  }
  const { status, signal, text } = ended;
  if ((status ?? signal) !== (example.ends ?? 0)) throw new Error(`SIGTERM ended it with ${status ?? signal}\n${text}`);
}

const chosen = examples.filter((example) =>
  positionals.length > 0 ? positionals.includes(example.name) : example.light || !light,
);
const unknown = positionals.filter((name) => !examples.some((example) => example.name === name));
if (unknown.length > 0)
  throw new Error(`expected ${examples.map(({ name }) => name).join(', ')} but received ${unknown}`);

const tarball = packOwn();
let failed = 0;
for (const example of chosen) {
  const began = performance.now();
  const fault = await follow(example, tarball).then(
    () => undefined,
    (error) => error,
  );
  if (fault !== undefined) failed++;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${fault === undefined ? 'passed' : 'FAILED'}  ${example.name} (${seconds} s)`);
  if (fault !== undefined) console.error(fault.stack.replace(/^/gm, '    '));
}
console.log(`${chosen.length - failed} of ${chosen.length} examples do what their headers say`);
process.exitCode = failed === 0 ? 0 : 1;
