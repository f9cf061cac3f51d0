import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { packageRoot } from '../../files/package-root.js';

/** A file that the console loads. */
interface ConsoleAsset {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface ConsoleAssets {
  /** Names the content of all of them. It is in their URLs, so a browser may keep each for ever. */
  readonly digest: string;
  readonly files: ReadonlyMap<string, ConsoleAsset>;
}

/** What a folder of assets may hold, by extension. Others are not served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

let known: Promise<ConsoleAssets | undefined> | undefined;

/** The files of the console, read once in a process; undefined where a bundler left them behind. */
export function consoleAssets(): Promise<ConsoleAssets | undefined> {
  return (known ??= readAssets());
}

async function readAssets(): Promise<ConsoleAssets | undefined> {
  try {
    return await readFolder(join(packageRoot(), 'dist/server/console/assets'));
  } catch {
    return undefined;
  }
}

/** @param folder of files, without folders below it */
async function readFolder(folder: string): Promise<ConsoleAssets> {
  const files = new Map<string, ConsoleAsset>();
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const bytes = await readFile(join(folder, name));
    files.set(name, { contentType, bytes });
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return { digest: hash.digest('hex').slice(0, 16), files };
}
