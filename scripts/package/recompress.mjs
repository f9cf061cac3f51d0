// A tarball of npm's, compressed again by libdeflate where it is installed: 4 % smaller than npm's own gzip, and gzip all the same.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';

/** 12 makes it another 0.2 % smaller, in twice the time. */
const level = 10;
let found;

/** Whether libdeflate-gzip can be run (apt-get install libdeflate-tools, brew install libdeflate). */
export function hasLibdeflate() {
  return (found ??= spawnSync('libdeflate-gzip', ['-V'], { stdio: 'ignore' }).status === 0);
}

/** @param begin told what is done, before it is */
export function recompress(tarball, begin) {
  if (!hasLibdeflate()) return;
  begin(`Compress ${tarball.slice(tarball.lastIndexOf('/') + 1)} again`);
  const [tar, smaller] = [`${tarball}.tar`, `${tarball}.new`];
  try {
    libdeflate(['-d', '-c'], tarball, tar);
    libdeflate([`-${level}`, '-c'], tar, smaller);
    renameSync(smaller, tarball);
  } finally {
    for (const path of [tar, smaller]) rmSync(path, { force: true });
  }
}

// Through descriptors: a file's name and time would go into the header.
function libdeflate(args, from, to) {
  const [input, output] = [openSync(from), openSync(to, 'w')];
  try {
    const { status } = spawnSync('libdeflate-gzip', args, { stdio: [input, output, 2] });
    if (status !== 0) throw new Error(`libdeflate-gzip ${args.join(' ')} of ${from} ended with ${status}`);
  } finally {
    for (const file of [input, output]) closeSync(file);
  }
}
