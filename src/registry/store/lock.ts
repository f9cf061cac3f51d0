/** Locks that end with their holder, so that a crash leaves none behind, whoever gets its process id. */

import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { torchError } from '../../errors.js';
import { tryLock } from '../../libtorch/file-lock.js';
import { planted } from './storage-error.js';

export interface LockLimits {
  /** How long to wait for another writer, in milliseconds. Default: 10,000. */
  readonly lockTimeoutMs?: number | undefined;
  /** Ends the wait, and a copy. */
  readonly signal?: AbortSignal | undefined;
}

/** What a holder writes into its lock, for those who wait. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** A lock that is held. Who forgets it loses it: the file is closed by the collector then. */
export interface Held {
  release(): Promise<void>;
}

/**
 * Takes the lock of a file, and makes the file if need be.
 * @returns undefined when somebody else holds it
 * @throws ERR_INTEGRITY for a link, a FIFO and the like; what the system says
 */
export async function takeLock(path: string): Promise<Held | undefined> {
  const file = await openLock(path);
  let held = false;
  try {
    // Somebody may have removed the file between the two calls: the lock would be of a file that nobody else sees.
    held = tryLock(file.fd) && (await isStillAt(path, file));
  } finally {
    if (!held) await file.close();
  }
  if (!held) return undefined;
  await sayWho(file);
  return { release: () => file.close() };
}

async function openLock(path: string): Promise<FileHandle> {
  const status = await lstat(path).catch(() => undefined);
  // Looked at before it is opened: opening a device may do something.
  if (status && !status.isFile()) throw planted(path, 'a file of its own');
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags, 0o644).catch((error: unknown) => {
    // A file of somebody else of the group: it can be locked, though not written to.
    if (status && (error as NodeJS.ErrnoException).code === 'EACCES') return open(path, constants.O_RDONLY);
    throw error;
  });
  const opened = await file.stat();
  // What is written into a second name of a file is written into the file.
  if (opened.isFile() && opened.nlink <= 1) return file;
  await file.close();
  throw planted(path, 'a file of its own, without links');
}

async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [there, opened] = await Promise.all([lstat(path).catch(() => undefined), file.stat()]);
  return there?.ino === opened.ino && there.dev === opened.dev;
}

/** Only for messages: a disk that is full locks all the same. */
async function sayWho(file: FileHandle): Promise<void> {
  const holder: Holder = { pid: process.pid, host: hostname(), since: Date.now() };
  try {
    await file.truncate(0);
    await file.write(`${JSON.stringify(holder)}\n`, 0);
  } catch {
    // Those who wait are told less.
  }
}

/** The writers of this process, by file: each waits for the one before it, and asks the system only then. */
const lines = new Map<string, Promise<void>>();

/**
 * Runs work while holding the lock of a registry; the event loop goes on while it waits.
 * @throws ERR_REGISTRY_LOCKED after `lockTimeoutMs`, naming who holds it; `signal.reason`; what the work throws
 */
export async function withLock<T>(path: string, limits: LockLimits, work: () => Promise<T>): Promise<T> {
  const before = lines.get(path);
  const { promise, leave } = place();
  const mine = (before ?? Promise.resolve()).then(() => promise);
  lines.set(path, mine);
  try {
    const held = await waitFor(path, limits, before);
    try {
      return await work();
    } finally {
      await held.release();
    }
  } finally {
    leave();
    if (lines.get(path) === mine) lines.delete(path);
  }
}

function place(): { promise: Promise<void>; leave: () => void } {
  let leave = (): void => undefined;
  const promise = new Promise<void>((resolve) => (leave = resolve));
  return { promise, leave };
}

async function waitFor(path: string, limits: LockLimits, before: Promise<void> | undefined): Promise<Held> {
  const { lockTimeoutMs = 10_000, signal } = limits;
  const began = performance.now();
  let isNext = before === undefined;
  void before?.then(() => (isNext = true));
  for (let turn = 0; ; turn++) {
    signal?.throwIfAborted();
    if (isNext) {
      const held = await takeLock(path);
      if (held) return held;
    }
    const left = lockTimeoutMs - (performance.now() - began);
    if (left <= 0) throw await locked(path, lockTimeoutMs);
    // Not all at once, and not in step with each other.
    const pause = setTimeout(Math.min(left, (1 + Math.random()) * Math.min(2 ** turn, 16)), undefined, { signal });
    const woken = isNext || before === undefined ? pause : Promise.race([pause, before]);
    await woken.catch(() => undefined);
  }
}

async function locked(path: string, waited: number) {
  const holder = await holderOf(path);
  const who = holder
    ? `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`} has been writing to it for ${Math.max(0, Date.now() - holder.since)} ms`
    : 'another process is writing to it';
  return torchError(
    'ERR_REGISTRY_LOCKED',
    `Expected to write to the registry, but ${who} (${path}), and ${waited} ms were waited\n` +
      '  fix: try again when it has ended. A lock ends with its process: there is nothing to remove',
  );
}

async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
      const { pid, host, since } = JSON.parse(buffer.toString('utf8', 0, bytesRead)) as Partial<Holder>;
      if (!Number.isSafeInteger(pid) || typeof host !== 'string' || !Number.isFinite(since)) return undefined;
      return { pid, host, since } as Holder;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
