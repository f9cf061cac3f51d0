/** Compiled packages whose library does something when it is opened. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repacked } from './repack.js';

const compiler = process.env['CC'] ?? 'cc';

/**
 * A copy of a package whose library runs some C as it is opened, and has nothing else in it.
 * @param statements of a function; the headers that they need are there
 * @param before what stands before the function
 */
export async function packageThatRuns(folder: string, statements: string, before = ''): Promise<string> {
  const source = join(folder, 'opened.c');
  const library = join(folder, 'opened.so');
  const headers = ['stdio', 'stdlib', 'string', 'signal', 'unistd', 'fcntl', 'dirent', 'sys/wait', 'sys/resource'];
  const lines = headers.map((name) => `#include <${name}.h>`);
  writeFileSync(
    source,
    `#define _GNU_SOURCE\n${lines.join('\n')}\n${before}\n__attribute__((constructor)) static void opened(void) {\n${statements}\n}\n`,
  );
  execFileSync(compiler, ['-shared', '-fPIC', '-O0', source, '-o', library]);
  const bytes = await import('node:fs/promises').then(({ readFile }) => readFile(library));
  return await repacked(folder, 'mlp', (entries) =>
    entries.map((entry) => (entry.name.endsWith('.so') ? { ...entry, data: bytes, mode: 0o755 } : entry)),
  );
}
