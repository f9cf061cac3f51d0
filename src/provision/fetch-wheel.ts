/** Brings a pinned wheel: from a mirror where one is named, else by pip. Its sha256 decides, wherever it comes from. */

import { existsSync } from 'node:fs';
import { copyFile, link, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { torchError } from '../errors.js';
import { download, plain } from './download.js';
import type { Downloads } from './downloads.js';
import { checkSha256 } from './hash.js';
import { pipDownload } from './pip.js';
import type { WheelPin } from './wheel-pin.js';
import { findPip } from './python.js';
import type { Report } from './report.js';
import { silent } from './report.js';
import { requireSpace } from './space.js';

export interface FetchOptions {
  readonly downloads: Downloads;
  /** The run's own folder. Wheels are linked into it: another run may be done with them, and remove them, at any time. */
  readonly staging: string;
  readonly report?: Report | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The path of the verified wheel, in the staging folder or in a mirror that is a folder. @throws ERR_DOWNLOAD, ERR_INTEGRITY */
export async function fetchWheel(pin: WheelPin, options: FetchOptions): Promise<string> {
  const { downloads, report = silent, env = process.env, signal } = options;
  const own = join(options.staging, pin.file);
  if (await isKept(downloads.path(pin.file), own, pin, signal)) return own;
  const mirror = env.NODE_LIBTORCH_MIRROR;
  if (!mirror) return byPip(pin, own, options);
  if (/^https?:\/\//i.test(mirror)) return byUrl(pin, mirrorUrl(mirror, pin.file), own, options);
  const path = join(resolve(mirror), pin.file);
  report.step(`Taking ${pin.file} from ${mirror}`);
  if (!existsSync(path)) {
    throw torchError(
      'ERR_DOWNLOAD',
      `Expected ${pin.file} in the mirror ${resolve(mirror)}, but it is not there\n` +
        `  fix: put it there (pip download ${pin.project}==${pin.version}), or unset NODE_LIBTORCH_MIRROR`,
    );
  }
  await checkSha256(path, path, pin.sha256, signal);
  return path;
}

/** A verified wheel of an earlier run. It is verified again: it may have lain there for days. */
async function isKept(kept: string, own: string, pin: WheelPin, signal: AbortSignal | undefined): Promise<boolean> {
  if (!existsSync(kept)) return false;
  try {
    await alsoAt(kept, own);
    await checkSha256(own, pin.file, pin.sha256, signal);
    return true;
  } catch {
    signal?.throwIfAborted();
    await rm(own, { force: true });
    await rm(kept, { force: true });
    return false;
  }
}

async function alsoAt(path: string, other: string): Promise<void> {
  await link(path, other).catch(() => copyFile(path, other));
}

function mirrorUrl(mirror: string, file: string): URL {
  const url = new URL(mirror);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(file)}`;
  return url;
}

async function byPip(pin: WheelPin, own: string, options: FetchOptions): Promise<string> {
  const { downloads, report = silent, env, signal } = options;
  const python = findPip(env);
  await requireSpace(downloads.folder, pin.bytes, pin.file);
  report.step(`Fetching ${pin.file}`);
  const scratch = await downloads.claim(`pip-${pin.file}`);
  try {
    const path = await pipDownload(pin, scratch, { python, progress: report.live, env, signal });
    await checkSha256(path, pin.file, pin.sha256, signal);
    await alsoAt(path, own);
    await rename(path, downloads.path(pin.file));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return own;
}

async function byUrl(pin: WheelPin, url: URL, own: string, options: FetchOptions): Promise<string> {
  const { downloads, report = silent, signal } = options;
  await requireSpace(downloads.folder, pin.bytes, pin.file);
  const part = await downloads.claim(pin.file);
  const bar = report.bar(`Fetching ${pin.file}`, pin.bytes);
  try {
    await download(url, part, { bytes: pin.bytes, bar, signal });
    await checkSha256(part, `${pin.file} of ${plain(url).host}`, pin.sha256, signal).catch(async (error: unknown) => {
      await rm(part, { force: true }); // wrong bytes are nothing to go on with
      throw error;
    });
    await alsoAt(part, own);
    await rename(part, downloads.path(pin.file));
  } finally {
    bar.end();
    await downloads.release(part, pin.file);
  }
  return own;
}
