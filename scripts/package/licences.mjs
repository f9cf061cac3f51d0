// The licences of what a LibTorch set holds: those in the wheels it came from, and those of what was linked into them.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const texts = fileURLToPath(new URL('licences/', import.meta.url));

/** In no wheel: GCC's runtime library, and what Intel's compiler links in. */
const others = [
  { match: /^libgomp/, name: 'libgomp', files: ['GPL-3.0.txt', 'GCC-exception-3.1.txt'] },
  { match: /^libtorch_cpu\.so/, arch: 'x64', name: 'oneMKL', files: ['intel-simplified.txt'] },
];

/**
 * Copies every licence into `folder`, one folder a wheel or library, and returns their names. The wheels are not kept, so they
 * are fetched again the first time; their licences stay in the cache.
 */
export async function collectLicences(folder, pin, platform, options) {
  const { cacheRoot } = await import('#dist/libtorch/find/cache.js');
  for (const wheel of pin.wheels) {
    const kept = join(cacheRoot(), 'licences', wheel.file.replace(/\.whl$/, ''));
    if (!existsSync(kept)) await takeFromWheel(wheel, kept, options);
    cpSync(kept, join(folder, wheel.project), { recursive: true });
  }
  const libraries = pin.wheels.flatMap((wheel) => wheel.files.map(({ to }) => to.slice(to.lastIndexOf('/') + 1)));
  for (const { match, arch = platform.arch, name, files } of others) {
    if (arch !== platform.arch || !libraries.some((library) => match.test(library))) continue;
    for (const file of files) cpSync(join(texts, file), join(folder, name, file));
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** A wheel's `dist-info/licenses`. It appears in the cache by one rename. */
async function takeFromWheel(wheel, kept, { report, signal }) {
  const [{ fetchWheel }, { Downloads }, { extract }] = await Promise.all([
    import('#dist/libtorch/fetch/fetch-wheel.js'),
    import('#dist/libtorch/fetch/partial-downloads.js'),
    import('#dist/libtorch/fetch/extract.js'),
  ]);
  report.step(`Fetching ${wheel.file} for its licences`);
  mkdirSync(join(kept, '..'), { recursive: true });
  const scratch = mkdtempSync(`${kept}-`);
  try {
    const downloads = await Downloads.open(scratch);
    const path = await fetchWheel(wheel, { downloads, staging: scratch, report, signal });
    const select = (entry) => /^[^/]+\.dist-info\/licenses\/(.+)$/.exec(entry)?.[1];
    const found = await extract(path, join(scratch, 'licences'), { select, signal });
    if (found.size === 0) throw new Error(`${wheel.file} has no licences in its dist-info/licenses`);
    renameSync(join(scratch, 'licences'), kept);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
