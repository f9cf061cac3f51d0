// Does a page block by block, in one folder with the package installed, as somebody would who reads it:
//   js, js continued  runs as a module of its own; so does `ts run`
//   js provoked       the same, in a comment that readers do not see: each line that it prints must stand on the page, and of a guide
//                     each message under "When it fails" must be printed
//   sh, sh background as scripts/docs/shell.mjs says
//   python            runs where PyTorch is at hand (the environment of scripts/python-env.sh); else the fixtures stand in
//   LANGUAGE FILE     is written to that file
//   text, json        what the block before it printed, whatever its numbers are

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { parse } from './pages.mjs';
import { runProgram } from './programs.mjs';
import { newProject } from './project.mjs';
import { Shell } from './shell.mjs';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const python = join(process.env.NODE_LIBTORCH_CACHE ?? join(cache, 'node-libtorch'), 'python/bin/python');
export const hasPython = existsSync(join(python, '../../requirements-train.txt'));

/** `npm run test:exporter` runs its Python, which needs a compiler and ONNX. */
const pythonElsewhere = 'docs/torchscript-is-deprecated.md';

const kinds = new Set(['js', 'ts', 'sh', 'python', 'text', 'json']);

/** Text whose numbers do not count. */
const shapeOf = (text) => text.replace(/-?\d+(\.\d+)?(e[-+]?\d+)?/g, '#').replace(/\s+/g, '');

/** The messages of the table under "When it fails"; a first cell in plain words is a symptom without one. */
function messagesOf(page) {
  const [, section = ''] = page.split(/^## When it fails$/m);
  return [...section.split(/^## /m)[0].matchAll(/^\| `(.+?)` \|/gm)].map(([, message]) =>
    message.replaceAll('\\|', '|'),
  );
}

class Walk {
  printed;
  #provoked = '';
  #page;
  #path;
  #folder;
  #shell;
  #source = '';

  constructor(root, page, folder) {
    this.#path = page;
    this.#page = readFileSync(join(root, page), 'utf8');
    this.#folder = folder;
    this.#shell = new Shell(folder, root);
  }

  /** @returns what went wrong, if anything did */
  async block(block) {
    const [language, second = ''] = block.info.split(' ');
    if (second.includes('.')) return writeFileSync(join(this.#folder, second), `${block.code.join('\n')}\n`);
    return kinds.has(language) ? await this[language](block, second) : undefined;
  }

  async js({ code }, how) {
    this.#source = `${how === 'continued' ? this.#source : ''}${code.join('\n')}\n`;
    return await this.#program(this.#source, how);
  }

  /** Node 20 takes no types: take them out. */
  async ts(block, how) {
    if (how !== 'run') return undefined; // compiled, as on every page
    const { ES2023 } = ts.ScriptTarget;
    const js = ts.transpile(block.code.join('\n'), { target: ES2023, module: ts.ModuleKind.ESNext });
    return await this.#program(js, how);
  }

  async #program(source, how) {
    const { printed, fault } = await runProgram(await this.#shell.withPorts(source), this.#folder);
    if (fault !== undefined || how !== 'provoked') {
      this.printed = printed;
      return fault;
    }
    this.#provoked += printed;
    // A reader sees no comments, in which these programs stand.
    const text = this.#page.replace(/<!--[^]*?-->/g, '').replaceAll('\\|', '|');
    const lacking = printed
      .trimEnd()
      .split('\n')
      .filter((line) => line === '' || !text.includes(line));
    return lacking.length === 0 ? undefined : `the page lacks what this printed:\n${lacking.join('\n')}`;
  }

  async sh(block) {
    const fault = await this.#shell.run(block);
    this.printed = this.#shell.printed;
    return fault;
  }

  python({ code }) {
    if (!hasPython || this.#path === pythonElsewhere) return undefined;
    // TorchScript reads the source of its classes from a file.
    writeFileSync(join(this.#folder, 'block.py'), `${code.join('\n')}\n`);
    try {
      this.printed = execFileSync(python, ['block.py'], { cwd: this.#folder, encoding: 'utf8', stdio: 'pipe' });
      return undefined;
    } catch (error) {
      return error.stderr;
    }
  }

  text({ code }) {
    const expected = code.join('\n');
    if (this.printed === undefined || shapeOf(this.printed) === shapeOf(expected)) return undefined;
    return `expected\n${expected}\nbut the block before it printed\n${this.printed}`;
  }

  json(block) {
    return this.text(block);
  }

  /** @returns the fault of a guide that names messages which nothing here printed */
  unprovoked() {
    if (!this.#path.startsWith('docs/guides/')) return undefined;
    const missing = messagesOf(this.#page).filter((message) => !this.#provoked.includes(message));
    return missing.length === 0 ? undefined : `nothing on this page provoked:\n${missing.join('\n')}`;
  }

  async end() {
    await this.#shell.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** @returns the faults of a page, and how many blocks it has. What comes after a fault builds upon it, and is not tried. */
export async function walk(root, page) {
  const text = readFileSync(join(root, page), 'utf8');
  const { blocks } = parse(text);
  const walking = new Walk(root, page, await newProject(root, text));
  try {
    for (const block of blocks) {
      const fault = await walking.block(block);
      if (fault !== undefined)
        return { faults: [`${page}:${block.line}: ${fault.trim().replace(/\n/g, '\n    ')}`], blocks: blocks.length };
    }
    const unprovoked = walking.unprovoked();
    const faults = unprovoked === undefined ? [] : [`${page}: ${unprovoked.replace(/\n/g, '\n    ')}`];
    return { faults, blocks: blocks.length };
  } finally {
    await walking.end();
  }
}
