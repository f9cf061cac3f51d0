/** Folders that the processes of admissions work in. */
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
import { isAlive } from '../../files/alive.js';

const prefix = 'node-libtorch-admission-';
const hour = 3_600_000;

export interface Scratch {
  /** All of it. */
  readonly path: string;
  /** Empty: what a relative path of the model's code would lead to. */
  readonly cwd: string;
  readonly temporary: string;
}

/**
 * A folder that only this user can enter. What processes that were killed left behind goes first.
 * @throws ERR_ADMISSION where none can be made
 */
export async function makeScratch(root = process.env.NODE_LIBTORCH_TMPDIR || tmpdir()): Promise<Scratch> {
  try {
    await sweep(root);
    const path = await mkdtemp(join(root, `${prefix}${process.pid}-`)); // mode 0700
    const [cwd, temporary] = [join(path, 'empty'), join(path, 'tmp')];
    await mkdir(cwd, { mode: 0o700 });
    await mkdir(temporary, { mode: 0o700 });
    return { path, cwd, temporary };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw torchError(
      'ERR_ADMISSION',
      `Expected to make a folder in ${root} for the process that tries the model, but received ${code ?? message}; ` +
        'free some space there, or name another place with NODE_LIBTORCH_TMPDIR',
      { cause },
    );
  }
}

export async function removeScratch({ path }: Scratch): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(prefix)) continue;
    const [pid = ''] = name.slice(prefix.length).split('-');
    const path = join(root, name);
    const status = await stat(path).catch(() => undefined);
    if (!status?.isDirectory() || status.uid !== (process.getuid?.() ?? status.uid)) continue;
    // A process of another container may have a number that nobody has here, so age counts too.
    if (!isAlive(Number(pid)) && Date.now() - status.mtimeMs > hour) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
