// Declarations that nobody can reach are not published: they are two thirds of all of them.

import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Imports and exports of other files, and `import('…')` in a type. */
const specifier = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g;

/**
 * Removes every `.d.ts` of a package that no entry leads to.
 * @param exports the member of package.json
 */
export function removeUnreached(folder, exports) {
  const reached = new Set();
  const waiting = Object.values(exports).flatMap((entry) => (entry.types ? [join(folder, entry.types)] : []));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, target] of text.matchAll(specifier)) waiting.push(`${resolve(dirname(file), target)}.d.ts`);
  }
  for (const entry of readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && path.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
  }
}
