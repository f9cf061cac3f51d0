#!/usr/bin/env node
// Checks the documentation. Every relative link and anchor of every Markdown file leads somewhere. Every ```ts block compiles as strict
// TypeScript. The pages in `walked` are done block by block, as scripts/docs/walk.mjs says, and their ```js compiles too. The ```js blocks
// of the pages in `runnable` run, each as an ES module of its own from the root of the repository, where the package is importable by its
// name; ```js continued goes on where the block before it ended. The ```sh blocks of the pages in `shells` run in a project that has the
// package, as scripts/docs/shell.mjs says. docs/getting-started.md has a runner of its own.
// Needs what `npm run build` makes. Arguments: pages to which it is limited. Prints the faults and exits 1 when there are any.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './docs/compile.mjs';
import { linkFaults } from './docs/links.mjs';
import { numberFaults } from './docs/numbers.mjs';
import { parse } from './docs/pages.mjs';
import { programsOf, runProgram } from './docs/programs.mjs';
import { newProject } from './docs/project.mjs';
import { Shell } from './docs/shell.mjs';
import { hasPython, walk } from './docs/walk.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inDocs = (names) => names.map((name) => `docs/${name}.md`);
const runnable = inDocs(['grpc', 'client', 'registry', 'signing', 'tracing', 'statistics']);
const shells = inDocs([
  'oip',
  'grpc',
  'admin',
  'security',
  'serving',
  'client',
  'registry',
  'signing',
  'cards',
  'monitoring',
]);
/** And every page of docs/guides. */
const walked = [
  'README.md',
  ...inDocs([
    'library',
    'errors',
    'onnx',
    'migration',
    'torchscript-is-deprecated',
    'tasks',
    'using-with',
    'troubleshooting',
    'faq',
  ]),
];

const faults = [];
const pages = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((page) => page !== '' && existsSync(join(root, page)));
const only = process.argv.slice(2);
const chosen = pages.filter((page) => only.length === 0 || only.includes(page));
const isWalked = (page) => walked.includes(page) || page.startsWith('docs/guides/');

/** The programs of a page in a language; what is wrong with their form is a fault. */
function programs(page, language) {
  const found = programsOf(root, page, language);
  faults.push(...found.faults);
  return found.programs;
}

/** Runs the shell blocks of a page, in a folder of its own: a reader may begin with any page. */
async function runShell(page) {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = parse(text).blocks.filter(({ info }) => /^sh\b/.test(info));
  const folder = await newProject(root, text);
  const shell = new Shell(folder, root);
  for (const block of blocks) {
    const fault = await shell.run(block);
    if (fault === undefined) continue;
    faults.push(`${page}:${block.line}: ${fault.trim().replace(/\n/g, '\n    ')}`);
    break; // what comes after it builds upon it
  }
  await shell.close();
  rmSync(folder, { recursive: true });
}

for (const page of chosen) faults.push(...linkFaults(root, page), ...numberFaults(root, page));

const project = await newProject(root, chosen.map((page) => readFileSync(join(root, page), 'utf8')).join('\n'));
const typed = chosen.flatMap((page) => programs(page, 'ts'));
const untyped = chosen.filter(isWalked).flatMap((page) => programs(page, 'js'));
faults.push(...compile(typed, project, root, 'ts'), ...compile(untyped, project, root, 'js'));
rmSync(project, { recursive: true });

const modules = chosen.filter((page) => runnable.includes(page)).flatMap((page) => programs(page, 'js'));
for (const { page, line, source } of modules) {
  const { fault } = await runProgram(source, root);
  if (fault !== undefined) faults.push(`${page}:${line}: ${fault}`);
}
for (const page of chosen.filter((each) => shells.includes(each))) await runShell(page);
for (const page of chosen.filter(isWalked)) faults.push(...(await walk(root, page)).faults);

for (const fault of faults) process.stderr.write(`${fault}\n`);
if (!hasPython) process.stdout.write('Python blocks were not run: bash scripts/python-env.sh makes what they need\n');
process.stdout.write(
  `${chosen.length} pages, ${typed.length + untyped.length} programs compiled, ${modules.length} examples run, ${chosen.filter(isWalked).length} pages walked, ${faults.length} faults\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
