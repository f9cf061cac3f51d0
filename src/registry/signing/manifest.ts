/** The files of a folder: which there are, what they hold, and whether that is what was signed. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from '../../errors.js';
import { withRegularFile } from '../../files/regular-file.js';
import { invalid } from './form.js';
import { comparePaths, ignoring, singleFile } from './paths.js';
import { algorithms, type Resource, type Serialization, type Statement } from './statement.js';

/** What was found of a file. */
export interface SignedFile {
  /** Of the whole file, whatever was signed of it. Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

const maxFiles = 100_000;
const maxDepth = 64;

interface Rules {
  readonly allowSymlinks: boolean;
  readonly isIgnored: (path: string) => boolean;
}

/**
 * Every file of a folder but those that are ignored, with its size. Of a file: itself, as `.`.
 * @throws ERR_SIGNATURE_INVALID for symbolic links that are not allowed, sockets and other special files, and too many
 */
async function listFiles(
  root: string,
  { allowSymlinks, ignorePaths }: Pick<Serialization, 'allowSymlinks' | 'ignorePaths'>,
): Promise<ReadonlyMap<string, number>> {
  const files = new Map<string, number>();
  const top = await stat(root).catch((cause: unknown) => {
    throw invalid(`Expected a folder or a file at ${root} (${(cause as NodeJS.ErrnoException).code})`, cause);
  });
  if (top.isFile()) return files.set(singleFile, top.size);
  try {
    await walk(root, '', { allowSymlinks, isIgnored: ignoring(ignorePaths) }, files, 0);
  } catch (error) {
    throw unreadable('every file and folder of what is signed', error);
  }
  return files;
}

async function walk(
  root: string,
  folder: string,
  rules: Rules,
  files: Map<string, number>,
  depth: number,
): Promise<void> {
  if (depth > maxDepth) throw invalid(`Expected folders at most ${maxDepth} deep in ${root}`);
  for (const name of await readdir(join(root, folder))) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (rules.isIgnored(path)) continue;
    const place = join(root, path);
    let found = await lstat(place);
    const isLink = found.isSymbolicLink();
    if (isLink) {
      if (!rules.allowSymlinks)
        throw invalid(`Expected no symbolic links, which the signature does not allow, but ${describe(path)} is one`);
      found = await stat(place);
    }
    if (found.isDirectory()) {
      // A folder behind a link may lead anywhere, also round in a circle.
      if (isLink) throw invalid(`Expected no symbolic links to folders but ${describe(path)} is one`);
      await walk(root, path, rules, files, depth + 1);
    } else if (!found.isFile()) {
      throw invalid(`Expected files and folders only but ${describe(path)} is neither`);
    } else {
      files.set(path, found.size);
      if (files.size > maxFiles) throw invalid(`Expected at most ${maxFiles} files in ${root}`);
    }
  }
}

/** A file that was read once: its own digest, and those of its parts as they are signed. */
interface HashedFile extends SignedFile {
  readonly resources: readonly Resource[];
}

/** Reads a file once. @throws ERR_SIGNATURE_INVALID when it cannot be read, `signal.reason` */
async function hashFile(
  root: string,
  path: string,
  { algorithm, shardBytes, allowSymlinks }: Serialization,
  signal?: AbortSignal,
): Promise<HashedFile> {
  const place = path === singleFile ? root : join(root, path);
  // What became a link since it was listed is not followed.
  const flags = allowSymlinks || path === singleFile ? 0 : (constants.O_NOFOLLOW ?? 0);
  const { node } = algorithms[algorithm];
  const whole = createHash('sha256');
  const resources: Resource[] = [];
  let [bytes, start] = [0, 0];
  let part = createHash(node);
  const end = (): void => {
    resources.push({ path, start, end: shardBytes === undefined ? undefined : bytes, digest: part.digest('hex') });
    start = bytes;
    part = createHash(node);
  };
  const take = (piece: Buffer): void => {
    whole.update(piece);
    for (let rest = piece; rest.length > 0;) {
      const taken = rest.subarray(0, shardBytes === undefined ? rest.length : start + shardBytes - bytes);
      part.update(taken);
      bytes += taken.length;
      rest = rest.subarray(taken.length);
      if (bytes - start === shardBytes) end();
    }
  };
  try {
    const refuse = (): Error => invalid(`Expected ${describe(path)} to be a regular file`);
    await withRegularFile(
      place,
      refuse,
      async ({ file }) => {
        for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
          signal?.throwIfAborted();
          take(piece as Buffer);
        }
      },
      flags,
    );
  } catch (error) {
    throw unreadable(describe(path), error);
  }
  if (shardBytes === undefined || bytes > start) end();
  return { sha256: whole.digest('hex'), bytes, resources };
}

/** The error of the file system in our words; any other as it is. */
function unreadable(what: string, error: unknown): unknown {
  const { code = '', path } = error as NodeJS.ErrnoException;
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  return invalid(`Expected ${what} to be readable (${[code, path].filter(Boolean).join(', ')})`, error);
}

/** The resources of a folder in the order in which they are signed, and its files. */
export async function manifestOf(
  root: string,
  serialization: Serialization,
  signal?: AbortSignal,
): Promise<{ resources: readonly Resource[]; files: ReadonlyMap<string, SignedFile> }> {
  const files = new Map<string, SignedFile>();
  const resources: Resource[] = [];
  const paths = [...(await listFiles(root, serialization)).keys()].sort(comparePaths);
  for (const path of paths) {
    const { sha256, bytes, resources: parts } = await hashFile(root, path, serialization, signal);
    files.set(path, { sha256, bytes });
    resources.push(...parts);
  }
  return { resources, files };
}

export interface VerifyFolderOptions {
  /**
   * Files that are not read, by their paths: whoever loads them hashes what it loads. The digest that was signed is returned of
   * them, unless it is not the sha256 of a whole file. Default: none.
   */
  readonly unread?: ReadonlySet<string>;
  readonly signal?: AbortSignal | undefined;
}

/** What may lie in a folder and cannot be signed, since it is made afterwards. */
export interface Signatures {
  /** The bundle that is verified: a file of those very bytes is no other than itself. */
  readonly bundle: string | Uint8Array;
  /** Bundles of single files may be there too: FILE.sig of a FILE that is signed. Default: false. */
  readonly ofFiles?: boolean;
}

/**
 * Compares a folder with what was signed: no file may be missing, be more or be different.
 * @throws ERR_SIGNATURE_INVALID naming the files
 */
export async function compareFolder(
  root: string,
  { serialization, resources }: Statement,
  signatures: Signatures,
  { unread, signal }: VerifyFolderOptions = {},
): Promise<ReadonlyMap<string, SignedFile>> {
  const found = await listFiles(root, serialization);
  const signed = new Map<string, Resource[]>();
  for (const resource of resources) {
    const parts = signed.get(resource.path);
    if (parts) parts.push(resource);
    else signed.set(resource.path, [resource]);
  }
  requireNone(
    [...signed.keys()].filter((path) => !found.has(path)),
    'Expected every file that was signed, but these are missing',
  );
  // No shard says anything of an empty file.
  const mayBeUnsigned = (path: string): boolean => serialization.method === 'shards' && found.get(path) === 0;
  const more = [...found.keys()].filter((path) => !signed.has(path) && !mayBeUnsigned(path));
  const others: string[] = [];
  for (const path of more) {
    const isOfFile = signatures.ofFiles && path.endsWith('.sig') && signed.has(path.slice(0, -'.sig'.length));
    if (isOfFile || (await isBundle(root, path, found.get(path) as number, signatures.bundle))) continue;
    others.push(path);
  }
  requireNone(others, 'Expected only files that were signed, but these were not');
  const isWhole = serialization.method === 'files' && serialization.algorithm === 'sha256';
  const files = new Map<string, SignedFile>();
  for (const [path, parts] of signed) {
    if (isWhole && unread?.has(path)) {
      files.set(path, { sha256: (parts[0] as Resource).digest, bytes: found.get(path) as number });
      continue;
    }
    const { sha256, bytes, resources: read } = await hashFile(root, path, serialization, signal);
    requireEqual(path, parts, read);
    files.set(path, { sha256, bytes });
  }
  return files;
}

async function isBundle(root: string, path: string, bytes: number, bundle: string | Uint8Array): Promise<boolean> {
  const own = Buffer.from(bundle as Uint8Array);
  if (bytes !== own.length) return false;
  const refuse = (): Error => invalid(`Expected ${describe(path)} to be a regular file`);
  try {
    return await withRegularFile(join(root, path), refuse, async ({ file, size }) =>
      size === own.length ? own.equals(await file.readFile()) : false,
    );
  } catch (error) {
    throw unreadable(describe(path), error);
  }
}

function requireEqual(path: string, signed: readonly Resource[], read: readonly Resource[]): void {
  const ordered = [...signed].sort((a, b) => a.start - b.start);
  for (const [i, { start, end, digest }] of ordered.entries()) {
    const own = read[i];
    if (own?.start === start && own.end === end && own.digest === digest) continue;
    const what = end === undefined ? describe(path) : `bytes ${start} to ${end} of ${describe(path)}`;
    const has = own?.end === end && own ? `has ${own.digest}` : 'ends elsewhere';
    throw invalid(
      `Expected ${what} to have the digest that was signed, ${digest}, but it ${has}: it was changed or damaged`,
    );
  }
  if (read.length > ordered.length)
    throw invalid(`Expected ${describe(path)} to end where what was signed ends, but it is longer`);
}

function requireNone(paths: readonly string[], what: string): void {
  if (paths.length === 0) return;
  const named = paths.slice(0, 5).map((path) => describe(path));
  const more = paths.length > named.length ? ` and ${paths.length - named.length} more` : '';
  throw invalid(`${what}: ${named.join(', ')}${more}`);
}
