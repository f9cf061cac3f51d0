import { lstatSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Addon } from '../../addon/addon.js';
import { torchError } from '../../errors.js';

type Locks = Pick<Addon, 'lockFile' | 'unlockFile'>;

const prefix = 'node-libtorch-';
/** Until its lock is held a folder has this name, so that nobody sweeps it. */
const unborn = 'node-libtorch.new-';
const lockName = 'lock';
const hour = 3_600_000;

/** `NODE_LIBTORCH_TMPDIR`, else the system's folder for temporary files. */
function temporaryRoot(env: NodeJS.ProcessEnv = process.env): string {
  return env.NODE_LIBTORCH_TMPDIR || tmpdir();
}

/** Of this environment; what the process leaves behind when it is killed, the next one sweeps. */
const alive = new Set<PrivateFolder>();
let swept: Promise<void> | undefined;

/** A folder that only this user can enter, locked for as long as this environment (or its process) lives. */
export class PrivateFolder {
  readonly path: string;
  readonly #locks: Locks;
  readonly #lock: number;
  #removal: Promise<void> | undefined;

  private constructor(path: string, locks: Locks, lock: number) {
    this.path = path;
    this.#locks = locks;
    this.#lock = lock;
    if (alive.size === 0) process.on('exit', removeAll);
    alive.add(this);
  }

  /** @throws ERR_MODEL_LOAD where none can be made */
  static async create(locks: Locks, root = temporaryRoot()): Promise<PrivateFolder> {
    await (swept ??= sweep(locks, root));
    let made: string | undefined;
    let lock: number | undefined;
    try {
      made = await mkdtemp(join(root, unborn)); // mode 0700
      lock = locks.lockFile(join(made, lockName));
      const path = join(root, prefix + made.slice(-6));
      await rename(made, path);
      return new PrivateFolder(path, locks, lock);
    } catch (cause) {
      if (lock !== undefined) locks.unlockFile(lock);
      if (made !== undefined) await discard(made);
      const reason = (cause as NodeJS.ErrnoException).code ?? 'no reason given';
      throw torchError(
        'ERR_MODEL_LOAD',
        `Expected to make a private folder in ${root}, into which the package is unpacked, but received ${reason}; ` +
          'NODE_LIBTORCH_TMPDIR names another place',
        { cause },
      );
    }
  }

  remove(): Promise<void> {
    // What cannot be removed now is swept by the next process.
    return (this.#removal ??= discard(this.path).then(() => {
      this.#forget();
    }));
  }

  /** @internal for the process's end, when nothing can be waited for */
  removeNow(): void {
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch {
      // The next process sweeps it.
    }
    this.#forget();
  }

  #forget(): void {
    if (!alive.delete(this)) return;
    if (alive.size === 0) process.off('exit', removeAll);
    this.#locks.unlockFile(this.#lock);
  }
}

function removeAll(): void {
  for (const folder of alive) folder.removeNow();
}

/** Removes what dead processes of this user left behind. What somebody holds the lock of is never touched. */
async function sweep(locks: Locks, root: string): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names) {
    const path = join(root, name);
    if (name.startsWith(unborn)) {
      if (isOurs(path) && (await isOld(path))) await discard(path);
      continue;
    }
    if (!name.startsWith(prefix) || !isOurs(path)) continue;
    let lock: number;
    try {
      lstatSync(join(path, lockName)); // none: not one of these folders, or being removed right now
      lock = locks.lockFile(join(path, lockName));
    } catch {
      continue;
    }
    if (lock < 0) continue;
    await discard(path);
    locks.unlockFile(lock);
  }
}

/** A folder, no link to one, of this very user. */
function isOurs(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isDirectory() === true && status.uid === (process.getuid?.() ?? status.uid);
}

/** Between its making and its lock lie microseconds; after an hour its maker was killed there. */
async function isOld(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > hour;
}

async function discard(path: string): Promise<void> {
  // Somebody else may be sweeping too.
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}
