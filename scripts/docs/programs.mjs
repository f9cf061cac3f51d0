// The JavaScript and TypeScript blocks of a page.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from './pages.mjs';

const timeoutMs = 60_000;

/**
 * The programs of a page: each block of a language, with the blocks it continues before it.
 * @returns {{ programs: { page, line, source }[], faults: string[] }}
 */
export function programsOf(root, page, language = 'js') {
  const programs = [];
  const faults = [];
  for (const { info, line, code } of parse(readFileSync(join(root, page), 'utf8')).blocks) {
    const [first, second = ''] = info.split(' ');
    if (first !== language) continue;
    const before = second === 'continued' ? programs.at(-1)?.source : '';
    if (before === undefined) faults.push(`${page}:${line}: there is no block to continue`);
    else programs.push({ page, line, source: `${before}${code.join('\n')}\n` });
  }
  return { programs, faults };
}

/** Runs an ES module that has no file. @returns what it printed, and what went wrong, if anything did */
export async function runProgram(source, cwd) {
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd, stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
  child.stdin.on('error', () => undefined).end(source);
  let late = false;
  const timer = setTimeout(() => (late = child.kill('SIGKILL')), timeoutMs);
  const [status, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (status === 0) return { printed: said.stdout };
  const end = late ? `did not end within ${timeoutMs} ms` : `ended with ${signal ?? status}`;
  return { printed: said.stdout, fault: `${end}\n${said.stderr.trim().replace(/^/gm, '    ')}` };
}
