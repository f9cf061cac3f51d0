// Which C library and C++ library a binary asks for, from its table of version needs.

import { execFileSync } from 'node:child_process';

/** The newest `GLIBC_` and `GLIBCXX_` versions that any of the files needs; undefined where they need none. Linux alone. */
export async function floorsOf(files) {
  const { compareDotted } = await import('#dist/libtorch/version.js');
  const needs = files.map((file) => execFileSync('objdump', ['--private-headers', file], { encoding: 'utf8' }));
  const newest = (tag) =>
    [...needs.join('\n').matchAll(new RegExp(`\\b${tag}_([\\d.]+)`, 'g'))]
      .map(([, version]) => version)
      .sort(compareDotted)
      .at(-1);
  return { glibc: newest('GLIBC'), glibcxx: newest('GLIBCXX') };
}
