import { expect } from 'chai';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdtemp, readdir, rm, symlink, writeFile, readFile, mkdir } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { takeLock, withLock } from '#dist/registry/store/lock.js';
import { rejection } from '../support/rejection.js';
import { root as packageFolder } from '../support/paths.js';

const holder = join(packageFolder, 'test/registry/children/hold-lock.mjs');

describe('the lock of a registry', () => {
  let root: string;
  let path: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'node-libtorch-lock-'));
    path = join(root, '.lock');
  });
  afterEach(() => rm(root, { recursive: true }));

  /** A process that holds the lock until it is ended. */
  async function held() {
    const child = fork(holder, [path], { stdio: 'inherit' });
    await once(child, 'message');
    return child;
  }

  it('lets one writer at a time in, in one process', async () => {
    let inside = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        withLock(path, {}, async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          order.push(i);
          inside--;
        }),
      ),
    );
    expect(most).to.equal(1);
    expect(order).to.deep.equal(Array.from({ length: 40 }, (_, i) => i));
  });

  it('lets nobody in who opens the file another time in this process, or in a thread', async () => {
    const mine = await takeLock(path);
    expect(await takeLock(path)).to.equal(undefined);
    const inThread = new Worker(
      `import(${JSON.stringify(import.meta.resolve('#dist/registry/store/lock.js'))}).then(async ({ takeLock }) => {
        require('node:worker_threads').parentPort.postMessage((await takeLock(${JSON.stringify(path)})) === undefined);
      });`,
      { eval: true },
    );
    expect(await once(inThread, 'message')).to.deep.equal([true]);
    await once(inThread, 'exit');
    await mine?.release();
    const again = await takeLock(path);
    expect(again).not.to.equal(undefined);
    await again?.release();
  });

  it('ends with a thread that is terminated', async () => {
    const thread = new Worker(
      `import(${JSON.stringify(import.meta.resolve('#dist/registry/store/lock.js'))}).then(async ({ takeLock }) => {
        globalThis.held = await takeLock(${JSON.stringify(path)});
        require('node:worker_threads').parentPort.postMessage(globalThis.held !== undefined);
        setInterval(() => {}, 1000);
      });`,
      { eval: true },
    );
    expect(await once(thread, 'message')).to.deep.equal([true]);
    expect(await takeLock(path)).to.equal(undefined);
    await thread.terminate();
    await withLock(path, { lockTimeoutMs: 2000 }, () => Promise.resolve());
  });

  it('names who holds it when the time is up, and leaves the event loop alone meanwhile', async () => {
    const child = await held();
    try {
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const error = await rejection(withLock(path, { lockTimeoutMs: 300 }, () => Promise.resolve()));
      clearInterval(timer);
      expect(error).to.have.property('code', 'ERR_REGISTRY_LOCKED');
      expect(error).to.have.property('status', 423);
      expect(error.message).to.match(new RegExp(`process ${child.pid} has been writing to it for \\d+ ms`));
      expect(error.message).to.include('300 ms were waited').and.include('fix: ');
      expect(turns).to.be.above(10);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('can be waited for no longer than a signal says', async () => {
    const child = await held();
    try {
      const reason = new Error('enough');
      const abort = new AbortController();
      const waiting = rejection(withLock(path, { signal: abort.signal }, () => Promise.resolve()));
      setTimeout(() => {
        abort.abort(reason);
      }, 30);
      expect(await waiting).to.equal(reason);
      expect(await rejection(withLock(path, { signal: AbortSignal.abort(reason) }, () => Promise.resolve()))).to.equal(
        reason,
      );
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is free at once when its holder is killed, whatever the file says', async () => {
    const child = await held();
    const text = await readFile(path, 'utf8');
    expect(JSON.parse(text)).to.include({ pid: child.pid });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readFile(path, 'utf8')).to.equal(text);
    // As if the process id had been given to another process: this one.
    await writeFile(path, text.replace(String(child.pid), String(process.pid)));
    await withLock(path, { lockTimeoutMs: 1 }, () => Promise.resolve());
  });

  it('goes to the next writer while others of this process wait', async () => {
    const child = await held();
    const waiting = Promise.all(Array.from({ length: 10 }, (_, i) => withLock(path, {}, () => Promise.resolve(i))));
    child.kill('SIGKILL');
    expect(await waiting).to.deep.equal(Array.from({ length: 10 }, (_, i) => i));
  });

  it('does not keep a process from its end', async () => {
    const child = fork(holder, [path, 'end'], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).to.equal(0);
    await withLock(path, { lockTimeoutMs: 1 }, () => Promise.resolve());
  });

  describe('is refused where something was planted', () => {
    const planted: Record<string, () => Promise<unknown>> = {
      'a link': async () => {
        await writeFile(join(root, 'victim'), 'mine');
        await symlink(join(root, 'victim'), path);
      },
      'a link to nothing': () => symlink(join(root, 'nothing'), path),
      'a second name of a file': async () => {
        await writeFile(join(root, 'victim'), 'mine');
        await link(join(root, 'victim'), path);
      },
      'a folder': () => mkdir(path),
      'a FIFO': () => Promise.resolve(execFileSync('mkfifo', [path])),
    };
    for (const [what, plant] of Object.entries(planted)) {
      it(what, async () => {
        await plant();
        const before = await readdir(root);
        const error = await rejection(withLock(path, {}, () => Promise.resolve()));
        expect(error).to.have.property('code', 'ERR_INTEGRITY');
        expect(error.message).to.include(path);
        expect(await readdir(root)).to.deep.equal(before);
        if (before.includes('victim')) expect(await readFile(join(root, 'victim'), 'utf8')).to.equal('mine');
      });
    }
  });
});
