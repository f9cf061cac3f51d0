// perf and strace on a process that runs already. Where one is not there or may not look, the reason is told instead.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { programPath } from '../../../scripts/programs.mjs';

/** Files by what they are to a reader. */
const libraries = [
  [/^\[kernel|^\[guest\.kernel|\.ko$/, 'kernel'],
  [/perf-\d+\.map$|^\[JIT\]|^\/\/anon|^\[anon/, 'JavaScript, compiled'],
  [/\/node(js)?$/, 'node, V8, libuv'],
  [/node_libtorch/, 'addon'],
  [/libtorch|libc10|libgomp|libiomp|libmkl|onnxruntime/, 'LibTorch'],
  [/libstdc\+\+|libc\.so|libc-|ld-linux|libm\.so|libm-|vdso|libpthread|libgcc/, 'C and C++ libraries'],
];
export const libraryOf = (file) => libraries.find(([pattern]) => pattern.test(file))?.[1] ?? basename(file);

async function ended(child) {
  let text = '';
  child.stderr?.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'exit');
  return { code, text };
}

/**
 * Samples by thread, library and symbol for so long. A virtual machine may have no hardware counters, so the samples go by the kernel's
 * clock; inside the kernel that clock only ticks where interrupts are allowed, so a symbol there stands for those before it.
 * @returns `{ samples, lines: [{ thread, library, symbol, count }] }`, or `{ missing }`
 */
export async function perfSamples(pid, seconds) {
  let perf;
  try {
    perf = programPath('perf');
  } catch (error) {
    return { missing: error.message.split('\n')[0] };
  }
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-bench-'));
  const data = join(folder, 'perf.data');
  try {
    const record = [
      'record',
      '-q',
      '-e',
      'cpu-clock',
      '-F',
      '1999',
      '-o',
      data,
      '-p',
      String(pid),
      '--',
      'sleep',
      String(seconds),
    ];
    const { code, text } = await ended(spawn(perf, record, { stdio: ['ignore', 'ignore', 'pipe'] }));
    if (code !== 0) return { missing: `perf ended with code ${code}: ${text.trim().split('\n')[0]}` };
    const script = ['script', '-i', data, '-F', 'tid,ip,sym,dso'];
    const out = execFileSync(perf, script, {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return countSamples(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(`/tmp/perf-${pid}.map`, { force: true });
  }
}

export function countSamples(text) {
  const counts = new Map();
  let samples = 0;
  for (const line of text.split('\n')) {
    const found = /^\s*(\d+)\s+[0-9a-f]+ (.*) \(([^()]*(?:\([^()]*\))?[^()]*)\)\s*$/.exec(line);
    if (!found) continue;
    samples++;
    const [, thread, symbol, file] = found;
    const library = libraryOf(file);
    const key = `${thread}|${library}|${symbol}`;
    if (!counts.has(key)) counts.set(key, { thread: Number(thread), library, symbol, count: 0 });
    counts.get(key).count++;
  }
  return { samples, lines: [...counts.values()].sort((a, b) => b.count - a.count) };
}

/** System calls by name for so long: `{ byName: Map }`, or `{ missing }`. The process is several times as slow meanwhile. */
export async function systemCalls(pid, seconds) {
  let strace;
  try {
    strace = programPath('strace');
  } catch (error) {
    return { missing: error.message.split('\n')[0] };
  }
  const child = spawn(strace, ['-q', '-c', '-f', '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const end = setTimeout(() => child.kill('SIGINT'), seconds * 1000);
  const { text } = await ended(child);
  clearTimeout(end);
  const byName = new Map();
  for (const line of text.split('\n')) {
    const found = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/.exec(line);
    if (found && found[2] !== 'total') byName.set(found[2], Number(found[1]));
  }
  return byName.size > 0 ? { byName } : { missing: `strace counted nothing: ${text.trim().split('\n')[0]}` };
}
