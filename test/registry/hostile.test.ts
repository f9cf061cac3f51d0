import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, cp, link, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rejection } from '../support/rejection.js';
import { WrittenRegistry } from '../support/written-registry.js';

/** Rows C4 and C5, and T4: what lies in the folders was put there by somebody else. */
describe('a registry in which things were planted', () => {
  let written: WrittenRegistry;
  let victim: string;
  const inRegistry = (...path: string[]) => join(written.registry.registryDir, ...path);
  const inModels = (...path: string[]) => join(written.registry.modelsDir, ...path);

  beforeEach(async () => {
    written = await WrittenRegistry.create();
    await written.add('v1.0');
    await written.registry.setAlias('tiny', 'champion', 'v1.0');
    victim = join(written.root, 'victim');
    await mkdir(victim);
    await writeFile(join(victim, 'file'), 'mine');
  });
  afterEach(async () => {
    expect(await readdir(victim)).to.deep.equal(['file']);
    expect(await readFile(join(victim, 'file'), 'utf8')).to.equal('mine');
    await written.remove();
  });

  const writes: Record<string, () => Promise<unknown>> = {
    add: () => written.add('v2.0'),
    alias: () => written.registry.setAlias('tiny', 'stable', 'v1.0'),
    'no alias': () => written.registry.setAlias('tiny', 'champion', undefined),
    signature: async () => (await written.registry.store()).replaceFile('tiny', 'v1.0', 'model.sig', 'new'),
  };

  for (const [where, place] of Object.entries({
    'the staging folder of records': () => inRegistry('.staging'),
    'the staging folder of artifacts': () => inModels('.staging'),
    'the lock': () => inRegistry('.lock'),
  })) {
    for (const [what, plant] of Object.entries({
      'a link': (path: string) => symlink(where === 'the lock' ? join(victim, 'file') : victim, path),
      'a FIFO': (path: string) => Promise.resolve(execFileSync('mkfifo', [path])),
    })) {
      it(`refuses every write where ${what} is in place of ${where}, and reads on`, async () => {
        await rm(place(), { recursive: true });
        await plant(place());
        for (const [name, write] of Object.entries(writes)) {
          expect(await rejection(write()), name).to.have.property('code', 'ERR_INTEGRITY');
        }
        expect((await written.registry.resolve('tiny', 'champion')).version).to.equal('v1.0');
        await written.registry.verify('tiny', 'v1.0');
      });
    }
  }

  it('refuses every write to a model whose folder is a link, inside or out', async () => {
    for (const target of [victim, inRegistry('real')]) {
      await rename(inRegistry('tiny'), inRegistry('real'));
      await symlink(target, inRegistry('tiny'));
      for (const [name, write] of Object.entries({
        ...writes,
        removal: () => written.registry.remove('tiny', 'v1.0'),
      })) {
        expect(await rejection(write()), name).to.have.property('code', 'ERR_INTEGRITY');
      }
      await rm(inRegistry('tiny'));
      await rename(inRegistry('real'), inRegistry('tiny'));
    }
  });

  it('refuses to add to, and to remove, a model whose artifacts are elsewhere', async () => {
    await rename(inModels('tiny'), inModels('real'));
    await symlink(victim, inModels('tiny'));
    await written.registry.setAlias('tiny', 'champion', undefined);
    expect(await rejection(written.add('v2.0'))).to.have.property('code', 'ERR_INTEGRITY');
    expect(await rejection(written.registry.remove('tiny', 'v1.0'))).to.have.property('code', 'ERR_INTEGRITY');
    expect((await written.registry.record('tiny', 'v1.0')).version).to.equal('v1.0');
  });

  it('removes a version that is made of links, and not what they point to', async () => {
    await written.registry.setAlias('tiny', 'champion', undefined);
    await rm(inModels('tiny', 'v1.0'), { recursive: true });
    await symlink(victim, inModels('tiny', 'v1.0'));
    await rm(inRegistry('tiny', 'v1.0', 'metadata.json'));
    await symlink(join(victim, 'file'), inRegistry('tiny', 'v1.0', 'metadata.json'));
    await symlink(victim, inRegistry('tiny', 'v1.0', 'folder'));
    await written.registry.remove('tiny', 'v1.0');
    expect(await written.registry.list()).to.deep.equal([]);
    expect(await written.leftovers()).to.deep.equal([]);
    expect(await readdir(written.registry.modelsDir)).to.deep.equal(['.staging']);
  });

  it('replaces a link or a second name of a file, and writes to neither', async () => {
    await rm(inRegistry('tiny', 'aliases.json'));
    await link(join(victim, 'file'), inRegistry('tiny', 'aliases.json'));
    expect(await rejection(written.registry.setAlias('tiny', 'a', 'v1.0'))).to.have.property('code', 'ERR_MANIFEST');
    await rm(inRegistry('tiny', 'v1.0', 'model.sig'));
    await symlink(join(victim, 'file'), inRegistry('tiny', 'v1.0', 'model.sig'));
    await writes.signature?.();
    expect((await lstat(inRegistry('tiny', 'v1.0', 'model.sig'))).isFile()).to.equal(true);
  });

  for (const file of ['metadata.json', 'aliases.json']) {
    for (const [what, plant] of Object.entries({
      'a link out of the registry': (path: string) => symlink(join(victim, 'file'), path),
      'a FIFO': (path: string) => Promise.resolve(execFileSync('mkfifo', [path])),
      'a folder': (path: string) => mkdir(path),
      'a device': (path: string) => symlink('/dev/zero', path),
    })) {
      it(`does not wait for ${what} in place of ${file}`, async () => {
        const path = file === 'metadata.json' ? inRegistry('tiny', 'v1.0', file) : inRegistry('tiny', file);
        await rm(path);
        await plant(path);
        await written.add('v1.0', 'other', { name: 'other' });
        const reading =
          file === 'metadata.json' ? written.registry.record('tiny', 'v1.0') : written.registry.aliases('tiny');
        expect(await rejection(reading)).to.have.property('code', 'ERR_INTEGRITY');
        // Others serve, and so does what does not need the file.
        expect((await written.registry.resolve('other')).version).to.equal('v1.0');
        if (file === 'aliases.json') expect((await written.registry.resolve('tiny', 'v1.0')).version).to.equal('v1.0');
        const error = await rejection(written.registry.resolve('tiny', 'nobody'));
        expect(error.code).to.equal(file === 'aliases.json' ? 'ERR_INTEGRITY' : 'ERR_VERSION_NOT_FOUND');
      });
    }
  }

  it('says what is there when a version is added whose record cannot be read', async () => {
    await chmod(inRegistry('tiny', 'v1.0', 'metadata.json'), 0o644);
    await writeFile(inRegistry('tiny', 'v1.0', 'metadata.json'), '{');
    const error = await rejection(written.add('v1.0'));
    expect(error).to.have.property('code', 'ERR_VERSION_EXISTS');
    expect(error.message).to.include('JSON').and.include('registry rm tiny@v1.0');
    await written.registry.setAlias('tiny', 'champion', undefined);
    await written.registry.remove('tiny', 'v1.0');
    expect(await written.add('v1.0')).to.deep.equal({ added: true });
  });

  it('never takes for its own what lies in the staging folders', async () => {
    const id = '01234567-89ab-4cde-8f01-23456789abcd';
    await symlink(victim, inRegistry('.staging', id));
    await mkdir(inRegistry('.staging', `${id}~..~v1.0`));
    await mkdir(inRegistry('.staging', 'notes'));
    // It says that an add of tiny v1.0 did not come to its end; the version is there.
    const other = '11234567-89ab-4cde-8f01-23456789abcd';
    await mkdir(inRegistry('.staging', other, 'tiny~v1.0'), { recursive: true });
    await symlink(victim, inModels('.staging', other));
    await written.add('v2.0');
    expect((await readdir(inRegistry('.staging'))).sort()).to.deep.equal([`${id}~..~v1.0`, 'notes']);
    await written.registry.verify('tiny', 'v1.0');
  });

  it('keeps files that lie where an artifact belongs, and says so', async () => {
    await mkdir(inModels('tiny', 'v3.0'));
    await writeFile(inModels('tiny', 'v3.0', 'model.pt'), 'of somebody');
    const error = await rejection(written.add('v3.0', 'other'));
    expect(error).to.have.property('code', 'ERR_VERSION_EXISTS');
    expect(error.message).to.include(inModels('tiny', 'v3.0'));
    expect(await readFile(inModels('tiny', 'v3.0', 'model.pt'), 'utf8')).to.equal('of somebody');
    // The very file is the artifact.
    expect(await written.add('v3.0', 'of somebody')).to.deep.equal({ added: true });
    await written.registry.verify('tiny', 'v3.0');
    expect(await written.leftovers()).to.deep.equal([]);
  });

  it('reads a copy without what writers leave, mounted anywhere', async () => {
    for (const folder of [written.registry.registryDir, written.registry.modelsDir]) {
      await rm(join(folder, '.staging'), { recursive: true });
    }
    await rm(inRegistry('.lock'));
    await cp(inRegistry('tiny', 'v1.0'), inRegistry('tiny', 'v1.1'), { recursive: true });
    expect(await written.registry.versions('tiny')).to.deep.equal(['v1.0', 'v1.1']);
    await written.registry.verify('tiny', 'v1.0');
    expect(await readdir(written.registry.registryDir)).to.deep.equal(['tiny']);
  });
});
