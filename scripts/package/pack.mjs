// Folders to tarballs, by npm itself: what it would publish.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../steps/context.mjs';
import { fingerprint, Stamps } from '../steps/stamps.mjs';
import { nameOf, out } from './context.mjs';
import { npm } from './npm.mjs';
import { hasLibdeflate, recompress } from './recompress.mjs';

/**
 * The tarballs' paths. One whose folder has not changed is kept: half a gigabyte takes its time. Others in out/ are removed,
 * unless they are to be kept.
 * @param begin told what is done, before it is
 */
export function pack(folders, { keep = false, begin = say } = {}) {
  const stamps = new Stamps(join(out, 'stamps.json'));
  const tarballs = folders.map((folder) => packOne(folder, stamps, begin));
  for (const name of readdirSync(out)) {
    if (!keep && name.endsWith('.tgz') && !tarballs.includes(join(out, name))) rmSync(join(out, name));
  }
  return tarballs;
}

function packOne(folder, stamps, begin) {
  const step = nameOf(folder);
  const inputs = fingerprint(folder, ['.'], [hasLibdeflate()]);
  const known = readdirSync(out).find((name) => stamps.isFresh(`${step} ${name}`, inputs, [join(out, name)]));
  if (known !== undefined) return join(out, known);
  begin(`Pack ${step}`);
  const printed = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', out, folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
    maxBuffer: 1 << 26,
  });
  const [{ filename }] = JSON.parse(printed);
  const path = join(out, filename);
  recompress(path, begin);
  stamps.set(`${step} ${filename}`, inputs);
  return path;
}
