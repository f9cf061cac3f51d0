// The licences of what a LibTorch set holds: those in the wheels it came from, and those of what was linked into them.

import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const texts = fileURLToPath(new URL('licences/', import.meta.url));

/** In no wheel: GCC's runtime library, and what Intel's compiler links in. */
const others = [
  { match: /^libgomp/, name: 'libgomp', files: ['GPL-3.0.txt', 'GCC-exception-3.1.txt'] },
  { match: /^(libtorch_cpu\.so|torch_cpu\.dll)/, arch: 'x64', name: 'oneMKL', files: ['intel-simplified.txt'] },
  { match: /^libiomp5md\.dll$/, name: 'Intel OpenMP', files: ['intel-simplified.txt'] },
];

/** Copies every licence of a set into `folder`, one folder a wheel or library, and returns their names. */
export function collectLicences(folder, set, pin, platform) {
  for (const { project } of pin.wheels)
    cpSync(join(set, 'licenses', project), join(folder, project), { recursive: true });
  const libraries = pin.wheels.flatMap((wheel) => wheel.files.map(({ to }) => to.slice(to.lastIndexOf('/') + 1)));
  for (const { match, arch = platform.arch, name, files } of others) {
    if (arch !== platform.arch || !libraries.some((library) => match.test(library))) continue;
    for (const file of files) cpSync(join(texts, file), join(folder, name, file));
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}
