#!/usr/bin/env node
// Checks the documentation: every relative link and anchor of every Markdown file leads somewhere, and the ```js blocks of
// the pages in `runnable` run. A block is an ES module of its own, run from the root of the repository, where the package
// is importable by its name, or from a project that has it installed; ```js continued goes on where the block before it ended,
// and ```ts is never run. Those for projects are also compiled as strict TypeScript. The ```sh blocks of the pages in `shells` run
// too, in such a project, as scripts/docs/shell.mjs says. docs/getting-started.md has a runner of its own.
// Needs what `npm run build` makes. Prints the faults and exits 1 when there are any.

import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parse } from './docs/pages.mjs';
import { Shell } from './docs/shell.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runnable = [
  'README.md',
  ...['library', 'tasks', 'grpc', 'migration', 'client', 'registry', 'signing', 'tracing', 'statistics'].map(
    (page) => `docs/${page}.md`,
  ),
  'docs/torchscript-is-deprecated.md',
];
/** Of those, the pages for whoever installs the package. */
const forProjects = ['README.md', 'docs/torchscript-is-deprecated.md'];
const shells = [
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
  'torchscript-is-deprecated',
].map((page) => `docs/${page}.md`);
/** Files that readers of those pages have: by the names that the pages give them. */
const readers = {
  'model.pt': 'models/mnist-mlp/v1.0/model.pt',
  'detector.onnx': 'test/fixtures/onnx/linear.onnx',
  'animals.pt2': 'test/fixtures/notes/labelled.pt2',
};
const timeoutMs = 60_000;
const faults = [];

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path) {
  const counts = new Map();
  const anchors = new Set();
  for (const { text } of parse(readFileSync(path, 'utf8')).prose) {
    for (const [, id] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
    const title = /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    if (title === undefined) continue;
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const seen = counts.get(slug) ?? 0;
    counts.set(slug, seen + 1);
    anchors.add(seen === 0 ? slug : `${slug}-${seen}`);
  }
  return anchors;
}

/** Targets of inline links, of images and of reference definitions. */
function targetsOf(text) {
  const plain = text.replace(/(`+).*?\1/g, '');
  const inline = [...plain.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map((match) => match[1]);
  const reference = /^\s*\[[^\]]+\]:\s+<?([^\s>]+)>?/.exec(plain);
  return reference ? [...inline, reference[1]] : inline;
}

function checkLinks(page) {
  const path = join(root, page);
  for (const { line, text } of parse(readFileSync(path, 'utf8')).prose) {
    for (const target of targetsOf(text)) {
      const why = brokenBecause(path, target);
      if (why !== undefined) faults.push(`${page}:${line}: ${target}: ${why}`);
    }
  }
}

function brokenBecause(path, target) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined; // elsewhere: not ours to check
  const [file, anchor] = target.split('#', 2).map(decodeURIComponent);
  const to = file === '' ? path : resolve(dirname(path), file);
  if (relative(root, to).startsWith('..')) return 'leads out of the repository';
  if (!existsSync(to)) return 'no such file';
  if (anchor === undefined) return undefined;
  if (statSync(to).isDirectory() || !to.endsWith('.md')) return 'only Markdown pages have anchors';
  return anchorsOf(to).has(anchor) ? undefined : 'no such heading';
}

/** The programs of a page: each block, with the blocks it continues before it. */
function programsOf(page) {
  const programs = [];
  for (const { info, line, code } of parse(readFileSync(join(root, page), 'utf8')).blocks) {
    if (info !== 'js' && info !== 'js continued') continue;
    const before = info === 'js' ? '' : programs.at(-1)?.source;
    if (before === undefined) faults.push(`${page}:${line}: there is no block to continue`);
    else programs.push({ page, line, source: `${before}${code.join('\n')}\n` });
  }
  return programs;
}

function run({ page, line, source }) {
  return new Promise((done) => {
    const options = { cwd: forProjects.includes(page) ? project : root, timeout: timeoutMs, killSignal: 'SIGKILL' };
    const child = execFile(process.execPath, ['--input-type=module', '-'], options, (error, _stdout, stderr) => {
      if (error === null) return done();
      const end = error.killed ? `did not end within ${timeoutMs} ms` : `ended with ${error.signal ?? error.code}`;
      faults.push(`${page}:${line}: ${end}\n${stderr.trim().replace(/^/gm, '    ')}`);
      done();
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(source);
  });
}

/** A folder with the package installed, and the files that readers have. */
function newProject() {
  const folder = mkdtempSync(join(tmpdir(), 'check-docs-'));
  for (const name of ['node_modules', 'src']) mkdirSync(join(folder, name));
  for (const [name, from] of Object.entries(readers)) copyFileSync(join(root, from), join(folder, name));
  symlinkSync(root, join(folder, 'node_modules/node-libtorch'));
  for (const name of ['express', '@types'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

/** Runs the shell blocks of a page, in a folder of its own: a reader may begin with any page. @returns how many there are. */
async function runShell(page) {
  const { blocks } = parse(readFileSync(join(root, page), 'utf8'));
  const folder = newProject();
  const shell = new Shell(folder, root);
  const mine = blocks.filter(({ info }) => /^sh\b/.test(info));
  for (const block of mine) {
    const fault = await shell.run(block);
    if (fault === undefined) continue;
    faults.push(`${page}:${block.line}: ${fault.trim().replace(/\n/g, '\n    ')}`);
    break; // what comes after it builds upon it
  }
  await shell.close();
  rmSync(folder, { recursive: true });
  return mine.length;
}

/** Compiles programs as a project's own TypeScript, against the declarations of the package. */
function compile(programs) {
  const files = programs.map(({ source }, i) => {
    const file = join(project, `block-${i}.mts`);
    writeFileSync(file, source);
    return file;
  });
  const compiled = ts.createProgram(files, {
    ...{ target: ts.ScriptTarget.ES2023, lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'], types: ['node'] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ...{ strict: true, skipLibCheck: true, noEmit: true, preserveSymlinks: true },
  });
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(compiled)) {
    const program = programs[files.indexOf(file?.fileName)];
    const within = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    const where = program ? `${program.page}:${program.line + 1 + within}` : (file?.fileName ?? 'TypeScript');
    faults.push(`${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  }
}

const project = newProject();

const pages = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((page) => page !== '' && existsSync(join(root, page)));
for (const page of pages) checkLinks(page);
const programs = runnable.filter((page) => existsSync(join(root, page))).flatMap(programsOf);
for (const program of programs) await run(program);
let commands = 0;
for (const page of shells) commands += await runShell(page);
compile(programs.filter(({ page }) => forProjects.includes(page)));
rmSync(project, { recursive: true });

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(
  `${pages.length} pages, ${programs.length} examples, ${commands} shell blocks, ${faults.length} faults\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
