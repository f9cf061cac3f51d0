import { realDisk, type Disk, type DiskFile } from '#dist/registry/store/disk.js';

/** An error as Node makes it of a call that failed. */
const systemError = (code: string, syscall: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall, errno: -1, path: '/injected' });

/** A disk of which one call fails, or all from one call on, as at a crash. Counts its calls. */
export class FailingDisk implements Disk {
  /** How many calls there were. */
  calls = 0;
  /** What failed. */
  readonly failed: string[] = [];
  readonly #fails: (call: number, name: string) => string | undefined;

  /** @param fails the system's code for the call of a number, from 1 on; undefined lets it happen */
  constructor(fails: (call: number, name: string) => string | undefined) {
    this.#fails = fails;
  }

  kind: Disk['kind'] = (path) => this.#call('lstat', () => realDisk.kind(path));
  names: Disk['names'] = (path) => this.#call('scandir', () => realDisk.names(path));
  makeFolder: Disk['makeFolder'] = (path) => this.#call('mkdir', () => realDisk.makeFolder(path));
  rename: Disk['rename'] = (from, to) => this.#call('rename', () => realDisk.rename(from, to));
  syncFolder: Disk['syncFolder'] = (path) => this.#call('fsync', () => realDisk.syncFolder(path));
  remove: Disk['remove'] = (path) => this.#call('rm', () => realDisk.remove(path));
  removeEmpty: Disk['removeEmpty'] = (path) => this.#call('rmdir', () => realDisk.removeEmpty(path));

  async create(path: string): Promise<DiskFile> {
    const file = await this.#call('open', () => realDisk.create(path));
    return {
      write: (bytes) =>
        this.#call(
          'write',
          () => file.write(bytes),
          () => file.write(bytes.subarray(0, bytes.length >> 1)),
        ),
      sync: () => this.#call('fsync', () => file.sync()),
      // The system closes it even when it reports an error.
      close: () =>
        this.#call(
          'close',
          () => file.close(),
          () => file.close(),
        ),
    };
  }

  async #call<T>(name: string, happens: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    const code = this.#fails(++this.calls, name);
    if (code === undefined) return await happens();
    this.failed.push(`${this.calls}: ${name}`);
    await half?.();
    throw systemError(code, name);
  }
}
