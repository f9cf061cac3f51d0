import { expect } from 'chai';
import { appendFile, mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ModelRegistry } from '#dist/registry/index.js';
import { Store } from '#dist/registry/store/store.js';
import { rejection } from '../support/rejection.js';
import { recordOf, WrittenRegistry } from '../support/written-registry.js';

describe('versions that are added and removed', () => {
  let written: WrittenRegistry;
  beforeEach(async () => {
    written = await WrittenRegistry.create();
  });
  afterEach(() => written.remove());

  it('are whole, and nobody can write to them', async () => {
    expect(await written.add('v1.0')).to.deep.equal({ added: true });
    const { registry } = written;
    const record = await registry.resolve('tiny');
    await registry.verify('tiny', 'v1.0');
    const folder = await registry.artifactFolder(record);
    expect(await readdir(folder)).to.deep.equal(['model.pt']);
    expect((await readdir(join(registry.cardPath('tiny', 'v1.0'), '..'))).sort()).to.deep.equal([
      'MODEL_CARD.md',
      'metadata.json',
      'model.sig',
    ]);
    for (const path of [
      join(folder, 'model.pt'),
      registry.cardPath('tiny', 'v1.0'),
      registry.signaturePath('tiny', 'v1.0'),
    ]) {
      expect((await stat(path)).mode & 0o222, path).to.equal(0);
    }
  });

  it('are found by the digest of their artifact', async () => {
    const { registry } = written;
    await written.add('v1.0', 'same');
    await written.add('v1.1', 'same');
    await written.add('v2.0', 'other');
    await written.add('v1.0', 'same', { name: 'twin' });
    const { sha256 } = (await registry.record('tiny', 'v1.0')).artifact;
    for (const digest of [sha256, `sha256:${sha256}`]) {
      const found = await registry.find(digest);
      expect(found.map(({ name, version }) => `${name} ${version}`)).to.deep.equal([
        'tiny v1.0',
        'tiny v1.1',
        'twin v1.0',
      ]);
    }
    expect((await registry.resolve('tiny', `sha256:${sha256}`)).version).to.equal('v1.1');
    expect(await registry.find('0'.repeat(64))).to.deep.equal([]);
    const unknown = await rejection(registry.resolve('tiny', `sha256:${'0'.repeat(64)}`));
    expect(unknown).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
    for (const bad of ['abc', `sha256:${sha256.toUpperCase()}`, 7, null]) {
      expect(await rejection(registry.find(bad as string))).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
  });

  it('are the same when they are added again, and never become others', async () => {
    await written.add('v1.0', 'first');
    const before = await written.state();
    expect(await written.add('v1.0', 'first')).to.deep.equal({ added: false });
    const error = await rejection(written.add('v1.0', 'second'));
    expect(error).to.have.property('code', 'ERR_VERSION_EXISTS');
    expect(error).to.have.property('status', 409);
    expect(error.message).to.include('tiny v1.0').and.include('fix: ');
    expect(await written.state()).to.deep.equal(before);
    expect(await written.leftovers()).to.deep.equal([]);
  });

  it('have one winner when many add at one time', async () => {
    const same = await Promise.all(Array.from({ length: 8 }, () => written.add('v1.0', 'same')));
    expect(same.filter(({ added }) => added)).to.have.length(1);
    const others = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => written.add('v2.0', `other ${i}`)));
    expect(others.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    for (const each of others) {
      if (each.status === 'rejected') expect(each.reason).to.have.property('code', 'ERR_VERSION_EXISTS');
    }
    expect(await written.leftovers()).to.deep.equal([]);
    await written.registry.verify('tiny', 'v2.0');
  });

  describe('whose files lie in their place already', () => {
    const sources = { 'model.onnx': 'graph', 'weights/a.bin': 'a', 'weights/deep/b.bin': 'b' };
    const place = () => join(written.registry.modelsDir, 'tiny/v1.0');
    beforeEach(async () => {
      for (const [file, text] of Object.entries(sources)) {
        await mkdir(join(place(), file, '..'), { recursive: true });
        await writeFile(join(place(), file), text);
      }
    });

    /** Adds the very files. */
    async function add(): Promise<{ added: boolean }> {
      const store = written.store();
      const staging = await store.stage();
      const digests = [];
      for (const [file, text] of Object.entries(sources)) {
        await writeFile(join(written.root, 'source'), text);
        digests.push({ file, ...(await staging.take(join(written.root, 'source'), file)) });
      }
      const [artifact, ...sidecars] = digests as [(typeof digests)[0], ...typeof digests];
      const base = recordOf('tiny', 'v1.0', artifact.file, artifact.sha256, artifact.bytes);
      const record = { ...base, engine: 'onnx' as const, artifact: { ...base.artifact, sidecars } };
      try {
        return await store.commit(staging, { record, card: '' });
      } finally {
        await staging.discard();
      }
    }

    it('take them as they are', async () => {
      expect(await add()).to.deep.equal({ added: true });
      await written.registry.verify('tiny', 'v1.0');
    });

    const others: readonly [string, () => Promise<unknown>][] = [
      ['a file that is a link', () => linked('model.onnx')],
      ['a file of a folder that is a link', () => linked('weights/deep/b.bin')],
      ['a folder that is a link', () => linked('weights')],
      ['one file more', () => writeFile(join(place(), 'more'), '')],
      ['one file more in a folder', () => writeFile(join(place(), 'weights/deep/more'), '')],
      ['one folder more', () => mkdir(join(place(), 'weights/more'))],
      ['a link more in a folder', () => symlink('a.bin', join(place(), 'weights/more'))],
      ['one file less', () => rm(join(place(), 'weights/a.bin'))],
      ['another file', () => writeFile(join(place(), 'weights/deep/b.bin'), 'B')],
    ];

    /** What was there is elsewhere now, and a link leads to it. */
    async function linked(file: string): Promise<void> {
      await rename(join(place(), file), join(written.root, 'elsewhere'));
      await symlink(join(written.root, 'elsewhere'), join(place(), file));
    }

    for (const [what, change] of others) {
      it(`take nothing over where there is ${what}`, async () => {
        await change();
        const before = await written.state();
        const error = await rejection(add());
        expect(error).to.have.property('code', 'ERR_VERSION_EXISTS');
        expect(error.message).to.include(place()).and.include('fix: ');
        expect(await written.state()).to.deep.equal(before);
        expect(await written.leftovers()).to.deep.equal([]);
      });
    }
  });

  it('leave nothing when they are removed, and can be added again', async () => {
    await written.add('v1.0', 'first');
    await written.registry.remove('tiny', 'v1.0');
    expect(await written.state()).to.deep.equal({ files: [], models: [] });
    expect(await written.leftovers()).to.deep.equal([]);
    expect(await rejection(written.registry.remove('tiny', 'v1.0'))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
    expect(await written.add('v1.0', 'second')).to.deep.equal({ added: true });
  });

  it('are not disturbed by a staging that lives on, and a staging not by writers', async () => {
    const store = written.store();
    const staging = await store.stage();
    await writeFile(join(written.root, 'x.pt'), 'bytes');
    const { sha256, bytes } = await staging.take(join(written.root, 'x.pt'), 'model.pt');
    await written.add('v1.0');
    await written.registry.setAlias('tiny', 'champion', 'v1.0');
    expect(await readdir(staging.folder)).to.deep.equal(['model.pt']);
    const record = recordOf('tiny', 'v2.0', 'model.pt', sha256, bytes);
    expect(await store.commit(staging, { record, card: '' })).to.deep.equal({ added: true });
    await staging.discard();
    await written.registry.verify('tiny', 'v2.0');
    const error = await rejection(store.commit(staging, { record, card: '' }));
    expect(error).to.have.property('code', 'ERR_INVALID_ARGUMENT');
  });

  it('have all their files in folders, and each is verified', async () => {
    const store = written.store();
    const staging = await store.stage();
    const files: Record<string, string> = { 'model.onnx': 'graph', 'weights/a.bin': 'a', 'weights/deep/b c.bin': 'b' };
    const digests = [];
    for (const [file, text] of Object.entries(files)) {
      await writeFile(join(written.root, 'source'), text);
      digests.push({ file, ...(await staging.take(join(written.root, 'source'), file)) });
    }
    const [artifact, ...sidecars] = digests as [(typeof digests)[0], ...typeof digests];
    const base = recordOf('tiny', 'v1.0', artifact.file, artifact.sha256, artifact.bytes);
    const wrong = await rejection(store.commit(staging, { record: base, card: '' }));
    expect(wrong).to.have.property('code', 'ERR_INTEGRITY');
    const record = { ...base, engine: 'onnx' as const, artifact: { ...base.artifact, sidecars } };
    expect(await store.commit(staging, { record, card: '' })).to.deep.equal({ added: true });
    await written.registry.verify('tiny', 'v1.0');
    const sidecar = join(written.registry.modelsDir, 'tiny/v1.0/weights/deep/b c.bin');
    await rm(sidecar);
    await writeFile(sidecar, 'B');
    expect(await rejection(written.registry.verify('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
  });

  it('take no file but a regular one, under no name that leads elsewhere', async () => {
    const staging = await written.store().stage();
    const source = join(written.root, 'source');
    await writeFile(source, 'bytes');
    for (const name of [
      '../x',
      '/x',
      'a/../b',
      '.',
      '..',
      '',
      'a//b',
      'a\\b',
      'a\0',
      'a\n',
      'x'.repeat(256),
      'd/'.repeat(20) + 'x',
      7,
    ]) {
      const error = await rejection(staging.take(source, name as string));
      expect(error, JSON.stringify(name)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    }
    execFileSync('mkfifo', [join(written.root, 'fifo')]);
    await mkdir(join(written.root, 'folder'));
    for (const file of ['fifo', 'folder', 'nothing']) {
      expect(await rejection(staging.take(join(written.root, file), 'x'))).to.have.property('code', 'ERR_MODEL_LOAD');
    }
    expect(await rejection(staging.take('/dev/zero', 'x'))).to.have.property('code', 'ERR_MODEL_LOAD');
    await symlink(source, join(written.root, 'link'));
    await staging.take(join(written.root, 'link'), 'x');
    expect(await rejection(staging.take(source, 'x'))).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    const reason = new Error('enough');
    expect(await rejection(staging.take(source, 'y', AbortSignal.abort(reason)))).to.equal(reason);
    expect(await readdir(staging.folder)).to.deep.equal(['x']);
    await staging.discard();
    expect(await written.leftovers()).to.deep.equal([]);
  });

  it('do not take a file that grows while it is copied', async () => {
    const source = join(written.root, 'log');
    await writeFile(source, Buffer.alloc(8 * 2 ** 20));
    const staging = await written.store().stage();
    let isOver = false;
    const growing = (async () => {
      // Bounded: a copy that never ends must not fill the disk.
      for (let i = 0; i < 2048 && !isOver; i++) await appendFile(source, Buffer.alloc(65_536));
    })();
    const error = await rejection(staging.take(source, 'x')).finally(() => (isOver = true));
    await growing;
    expect(error).to.have.property('code', 'ERR_INTEGRITY');
    expect(await readdir(staging.folder)).to.deep.equal([]);
    await staging.discard();
  });

  for (const name of [
    '..',
    'CON',
    'con',
    'aux.x',
    'com1',
    'a.',
    '__proto__',
    'x'.repeat(65),
    '.staging',
    '.lock',
    'a~b',
  ]) {
    it(`are never of a model called ${name.slice(0, 20)}`, async () => {
      const error = await rejection(written.add('v1.0', 'bytes', { name }));
      expect(error.code).to.be.oneOf(['ERR_INVALID_ARGUMENT', 'ERR_MANIFEST']);
      expect(await written.registry.list()).to.deep.equal([]);
      expect(await written.leftovers()).to.deep.equal([]);
    });
  }

  it('may be of a model called constructor', async () => {
    await written.add('v1.0', 'bytes', { name: 'constructor' });
    await written.registry.verify('constructor', 'v1.0');
  });

  it('need two folders', async () => {
    const one = join(written.root, 'one');
    const registry = await ModelRegistry.open({ registryDir: one, modelsDir: one, create: true });
    expect(await rejection(registry.remove('tiny', 'v1.0'))).to.have.property('code', 'ERR_CONFIG');
  });

  it('come with a store that refuses what is no staging of it', async () => {
    const record = recordOf('tiny', 'v1.0', 'model.pt', '0'.repeat(64), 1);
    const call = new Store(written.registry).commit({} as never, { record, card: '' });
    expect(await rejection(call)).to.have.property('code', 'ERR_INVALID_ARGUMENT');
  });
});
