// LibTorch's libraries without their symbol tables: a fifth of their size, which nothing reads while they run.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/**
 * PyTorch's own, whose licence allows changes. NVIDIA's agreement does not, and its libraries have no such tables; libgomp
 * would grow, since it was patched after it was linked.
 */
const own = /(^|\/)lib(torch_cpu|c10)\.so$/;

export const isStrippable = (file) => own.test(file);

/**
 * Writes `from` to `to` without symbols that neither linking nor relocation needs.
 * @throws if what a process maps and runs is not what it was
 */
export function strip(from, to) {
  execFileSync('strip', ['--strip-unneeded', '-o', to, from], { stdio: ['ignore', 2, 2] });
  const [before, after] = [from, to].map(segments);
  const differing = before.findIndex((segment, i) => segment !== after[i]);
  if (before.length === 0 || before.length !== after.length || differing >= 0)
    throw new Error(
      `Expected the code and data of ${to} to be those of ${from}, but segment ${differing} differs\n` +
        '  fix: take another binutils (strip --version), and report this',
    );
}

const loadable = 1;
const executable = 1;
const writable = 2;

/**
 * One line a loadable segment of an ELF64 file (elf(5)): its rights, where it lies in memory, its size there; and its bytes, except
 * those of the segments with the file's own tables, in which strip moves things: the first, and the one that patchelf added.
 */
export function segments(path) {
  const file = openSync(path, 'r');
  try {
    const header = read(file, 0, 64);
    if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2)
      throw new Error(`Expected ${path} to be an ELF64 file`);
    const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
    const table = read(file, Number(header.readBigUInt64LE(32)), size * count);
    const rows = Array.from({ length: count }, (_, i) => table.subarray(i * size, (i + 1) * size))
      .filter((row) => row.readUInt32LE(0) === loadable)
      .map((row) => {
        const [offset, address, , bytes, memory] = [8, 16, 24, 32, 40].map((at) => Number(row.readBigUInt64LE(at)));
        return { flags: row.readUInt32LE(4), offset, address, bytes, memory };
      });
    const code = rows.findLastIndex(({ flags }) => (flags & executable) !== 0);
    const data = rows.findIndex(({ flags }, i) => i > code && (flags & writable) !== 0);
    return rows.map(({ flags, offset, address, bytes }, i) => {
      const compared = i > 0 && i <= data;
      return `${flags} ${address.toString(16)} ${compared ? `${bytes} ${digest(file, offset, bytes)}` : ''}`;
    });
  } finally {
    closeSync(file);
  }
}

function digest(file, offset, bytes) {
  const hash = createHash('sha256');
  for (let done = 0; done < bytes; done += 2 ** 20)
    hash.update(read(file, offset + done, Math.min(2 ** 20, bytes - done)));
  return hash.digest('hex');
}

function read(file, offset, length) {
  const buffer = Buffer.alloc(length);
  readSync(file, buffer, 0, length, offset);
  return buffer;
}
