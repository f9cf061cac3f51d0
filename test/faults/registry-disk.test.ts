import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailingDisk } from '../support/failing-disk.js';
import { WrittenRegistry } from '../support/written-registry.js';
import type { Store } from '#dist/registry/store/store.js';

/** Rows C15 and C17: whichever call of whichever change fails, the state before is there, and the change can be tried again. */
const codes = {
  ENOSPC: 'ERR_STORAGE_FULL',
  EDQUOT: 'ERR_STORAGE_FULL',
  EIO: 'ERR_STORAGE',
  EROFS: 'ERR_STORAGE',
  EACCES: 'ERR_STORAGE',
  EMFILE: 'ERR_STORAGE',
} as const;

type Operation = (written: WrittenRegistry, store: Store) => Promise<unknown>;

const operations: Record<string, Operation> = {
  'add of the first version': (written, store) => written.add('v1.0', 'new', { store, name: 'fresh' }),
  'add of another version': (written, store) => written.add('v3.0', 'new', { store }),
  'add of a version that is there': (written, store) => written.add('v1.0', 'first', { store }),
  'add that puts back what was deleted': (written, store) => written.add('v1.0', 'fifth', { store, name: 'bare' }),
  'add that puts back what was damaged': (written, store) => written.add('v1.0', 'sixth', { store, name: 'hurt' }),
  'first alias': async (written, store) => {
    await store.setAlias('other', 'champion', 'v1.0');
  },
  'alias that moves': async (written, store) => {
    await store.setAlias('tiny', 'champion', 'v2.0');
  },
  'alias that goes': async (written, store) => {
    await store.setAlias('tiny', 'stable', undefined);
  },
  'last alias that goes': async (written, store) => {
    await store.setAlias('lone', 'champion', undefined);
  },
  removal: async (written, store) => {
    await store.remove('tiny', 'v2.0');
  },
  'removal of the only version': async (written, store) => {
    await store.remove('other', 'v1.0');
  },
  'new signature': async (written, store) => {
    await store.replaceFile('tiny', 'v1.0', 'model.sig', 'new');
  },
  'new card': async (written, store) => {
    await store.replaceFile('tiny', 'v1.0', 'MODEL_CARD.md', 'new');
  },
};

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function sample(): Promise<WrittenRegistry> {
  const written = await WrittenRegistry.create(memory);
  await written.add('v1.0', 'first');
  await written.add('v2.0', 'second');
  await written.add('v1.0', 'third', { name: 'other' });
  await written.add('v1.0', 'fourth', { name: 'lone' });
  await written.add('v1.0', 'fifth', { name: 'bare' });
  await rm(join(written.registry.modelsDir, 'bare/v1.0'), { recursive: true });
  await written.add('v1.0', 'sixth', { name: 'hurt' });
  const hurt = join(written.registry.modelsDir, 'hurt/v1.0/model.pt');
  await rm(hurt);
  await writeFile(hurt, 'sixTh');
  await written.registry.setAlias('tiny', 'champion', 'v1.0');
  await written.registry.setAlias('tiny', 'stable', 'v1.0');
  await written.registry.setAlias('lone', 'champion', 'v1.0');
  return written;
}

/** `REGISTRY_DISK_ALL=1`: every code at every call. */
const isWhole = process.env['REGISTRY_DISK_ALL'] === '1';

describe('a registry on a disk that fails', function () {
  this.timeout(300_000);
  let template: WrittenRegistry;
  let written: WrittenRegistry;
  before(async () => (template = await sample()));
  after(() => template.remove());
  afterEach(() => written.remove());

  /** The states before and after the change, and how many calls it makes. */
  async function undisturbed(operation: Operation) {
    written = await template.copy(memory);
    const before = await written.state();
    const disk = new FailingDisk(() => undefined);
    await operation(written, written.store(disk));
    const after = await written.state();
    expect(await written.leftovers()).to.deep.equal([]);
    await written.remove();
    return { before, after, calls: disk.calls };
  }

  for (const [name, operation] of Object.entries(operations)) {
    it(`keeps what was there at the ${name}, whichever call fails`, async () => {
      const { before, after, calls } = await undisturbed(operation);
      expect(calls).to.be.above(5);
      let refused = 0;
      written = await template.copy(memory);
      for (const [index, [code, ours]] of Object.entries(codes).entries()) {
        for (let nth = 1; nth <= calls; nth++) {
          // The first code at every call, and one of the others: what the system calls its fault changes the message alone.
          if (!isWhole && index > 0 && nth % (Object.keys(codes).length - 1) !== index - 1) continue;
          const disk = new FailingDisk((call) => (call === nth ? code : undefined));
          const what = `${code} at call ${nth}`;
          const error = await operation(written, written.store(disk)).then(
            () => undefined,
            (thrown: unknown) => thrown as Error & { code: string },
          );
          if (error) {
            refused++;
            expect(error.code, `${what}: ${error.stack}`).to.equal(ours);
            expect(error.message).to.include(code).and.include('fix: ').and.include('unchanged');
            expect(await written.state(), `${what}, ${disk.failed.join()}`).to.deep.equal(before);
            // What a code changes is the message: that the change can be tried again is shown once.
            if (code !== 'ENOSPC') continue;
            await operation(written, written.store());
          }
          // What only cleans up may fail: the change has happened, and the next writer cleans.
          expect((await written.state()).models, `${what}, ${disk.failed.join()}`).to.deep.equal(after.models);
          await (await written.store().stage()).discard();
          expect(await written.state(), `${what}, ${disk.failed.join()}, after`).to.deep.equal(after);
          expect(await written.leftovers(), what).to.deep.equal([]);
          await written.remove();
          written = await template.copy(memory);
        }
      }
      expect(refused).to.be.above(isWhole ? 20 : 7);
    });

    it(`is whole after the ${name}, from whichever call on all fail, as in a crash`, async () => {
      const { seen, isChange } = await fromWhicheverOn(operation, () => true);
      if (isChange) expect(seen.before).to.be.above(3);
      expect(seen.after).to.be.above(0);
    });

    it(`is whole after the ${name}, from whichever call on nothing can be moved`, async () => {
      const { seen, isChange } = await fromWhicheverOn(operation, (call) => call === 'rename' || call === 'fsync');
      if (isChange) expect(seen.before).to.be.above(3);
    });
  }

  async function fromWhicheverOn(operation: Operation, isCut: (call: string) => boolean) {
    const { before, after, calls } = await undisturbed(operation);
    const seen = { before: 0, after: 0 };
    for (let nth = 1; nth <= calls; nth++) {
      written = await template.copy(memory);
      const disk = new FailingDisk((call, name) => (call >= nth && isCut(name) ? 'EIO' : undefined));
      await operation(written, written.store(disk)).catch(() => undefined);
      // The next writer ends it.
      await (await written.store().stage()).discard();
      expect(await written.leftovers(), `from call ${nth} on`).to.deep.equal([]);
      const state = JSON.stringify(await written.state());
      const which = state === JSON.stringify(after) ? 'after' : 'before';
      expect(state, `from call ${nth} on`).to.equal(JSON.stringify({ before, after }[which]));
      seen[which]++;
      await operation(written, written.store()).catch(() => undefined);
      expect(await written.state()).to.deep.equal(after);
      await written.remove();
    }
    return { seen, isChange: JSON.stringify(before) !== JSON.stringify(after) };
  }
});
