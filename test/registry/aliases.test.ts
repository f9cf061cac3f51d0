import { expect } from 'chai';
import fs, { chmod, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { aliasesIn, quarantineIn } from '#dist/registry/read.js';
import { rejection } from '../support/rejection.js';
import { WrittenRegistry } from '../support/written-registry.js';

describe('aliases of versions', () => {
  let written: WrittenRegistry;
  const file = () => join(written.registry.registryDir, 'tiny', 'aliases.json');
  beforeEach(async () => {
    written = await WrittenRegistry.create();
    await written.add('v1.0');
    await written.add('v2.0');
  });
  afterEach(() => written.remove());

  const write = async (value: unknown) => {
    await rm(file(), { force: true });
    await writeFile(file(), typeof value === 'string' ? value : JSON.stringify(value));
  };

  it('are none where nobody has named any', async () => {
    expect(await written.registry.aliases('tiny')).to.deep.equal(new Map());
    expect(await rejection(written.registry.aliases('nobody'))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
  });

  it('point to versions, several to one, and move', async () => {
    const { registry } = written;
    await registry.setAlias('tiny', 'champion', 'v1.0');
    await registry.setAlias('tiny', 'stable', 'v1.0');
    await registry.setAlias('tiny', 'challenger', 'v2.0');
    expect([...(await registry.aliases('tiny'))].sort()).to.deep.equal([
      ['challenger', 'v2.0'],
      ['champion', 'v1.0'],
      ['stable', 'v1.0'],
    ]);
    await registry.setAlias('tiny', 'champion', 'v2.0');
    expect((await registry.resolve('tiny', 'champion')).version).to.equal('v2.0');
    expect((await registry.resolve('tiny', 'stable')).version).to.equal('v1.0');
    expect(JSON.parse(await readFile(file(), 'utf8'))).to.deep.equal({
      schemaVersion: 1,
      aliases: { challenger: 'v2.0', champion: 'v2.0', stable: 'v1.0' },
    });
  });

  it('are found while they move and the version that they had goes', async () => {
    const { registry } = written;
    await registry.setAlias('tiny', 'champion', 'v1.0');
    const { readdir: real } = fs;
    let reads = 0;
    // The first read is of the versions, then the alias is read, and the next one is of the versions for the record.
    fs.readdir = (async (...args: Parameters<typeof real>) => {
      if (++reads === 2) {
        await registry.setAlias('tiny', 'champion', 'v2.0');
        await registry.remove('tiny', 'v1.0');
      }
      return await real(...args);
    }) as typeof real;
    syncBuiltinESMExports();
    try {
      expect((await registry.resolve('tiny', 'champion')).version).to.equal('v2.0');
      expect(await registry.versions('tiny')).to.deep.equal(['v2.0']);
    } finally {
      fs.readdir = real;
      syncBuiltinESMExports();
    }
  });

  it('are not none where the folder of the model is gone', async () => {
    const { registry } = written;
    await registry.setAlias('tiny', 'champion', 'v1.0');
    const there = join(registry.registryDir, 'tiny');
    await rename(there, `${there}.away`);
    for (const read of [aliasesIn, quarantineIn]) {
      const error = await rejection(read(registry.registryDir, 'tiny'));
      expect(error).to.have.property('code', 'ERR_STORAGE');
    }
    await rename(`${there}.away`, there);
    // It goes once its versions are read.
    const versions = registry.versions.bind(registry);
    registry.versions = async (name) => {
      const found = await versions(name);
      await rename(there, `${there}.away`);
      return found;
    };
    expect(await rejection(registry.aliases('tiny'))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
    await rename(`${there}.away`, there);
  });

  it('that are removed leave nothing', async () => {
    const before = await readdir(join(written.registry.registryDir, 'tiny'));
    await written.registry.setAlias('tiny', 'champion', 'v1.0');
    await written.registry.setAlias('tiny', 'champion', undefined);
    expect(await readdir(join(written.registry.registryDir, 'tiny'))).to.deep.equal(before);
    const error = await rejection(written.registry.setAlias('tiny', 'champion', undefined));
    expect(error).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
  });

  it('are so many at most that they can be read again', async () => {
    const { registry } = written;
    // The longest names and versions that there are.
    const version = 'v999999999.999999999.999999999';
    await written.add(version);
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${String(i).padStart(63, '0')}`, version]));
    await write({ schemaVersion: 1, aliases: many(4999) });
    await registry.setAlias('tiny', 'last', 'v1.0');
    expect((await registry.aliases('tiny')).size).to.equal(5000);
    const before = await readFile(file(), 'utf8');
    const error = await rejection(registry.setAlias('tiny', 'more', 'v1.0'));
    expect(error).to.have.property('code', 'ERR_INVALID_ARGUMENT');
    expect(error.message).to.include('5000 aliases').and.include('fix: ');
    expect(await readFile(file(), 'utf8')).to.equal(before);
    // One that is there still moves, and goes, which makes room.
    await registry.setAlias('tiny', 'last', 'v2.0');
    await registry.setAlias('tiny', 'last', undefined);
    await registry.setAlias('tiny', 'more', 'v1.0');
    await write({ schemaVersion: 1, aliases: many(5001) });
    for (const call of [registry.aliases('tiny'), registry.setAlias('tiny', 'more', 'v1.0')]) {
      const unread = await rejection(call);
      expect(unread).to.have.property('code', 'ERR_MANIFEST');
      expect(unread.message).to.include('5000');
    }
  });

  it('keep a version from being removed, and are named', async () => {
    await written.registry.setAlias('tiny', 'champion', 'v1.0');
    await written.registry.setAlias('tiny', 'stable', 'v1.0');
    const error = await rejection(written.registry.remove('tiny', 'v1.0'));
    expect(error).to.have.property('code', 'ERR_VERSION_IN_USE');
    expect(error).to.have.property('status', 409);
    expect(error.message).to.include('champion, stable');
    await written.registry.remove('tiny', 'v2.0');
    expect(await written.registry.versions('tiny')).to.deep.equal(['v1.0']);
  });

  it('may have any name that an object has already', async () => {
    for (const alias of ['constructor', 'toString', 'hasOwnProperty', 'prototype', 'then']) {
      expect(await rejection(written.registry.resolve('tiny', alias))).to.have.property(
        'code',
        'ERR_VERSION_NOT_FOUND',
      );
      await written.registry.setAlias('tiny', alias, 'v2.0');
      expect((await written.registry.resolve('tiny', alias)).version).to.equal('v2.0');
    }
    expect((await written.registry.aliases('tiny')).size).to.equal(5);
  });

  for (const alias of [
    'v1',
    'V1',
    'v99999999999999999999',
    'v1.0',
    '1',
    'latest',
    'Latest',
    '__proto__',
    '..',
    'a/b',
    'a~b',
    '',
    ' ',
    'x'.repeat(65),
    'a\n',
    'ä',
    7,
    null,
  ]) {
    it(`are not called ${JSON.stringify(alias)}`, async () => {
      const error = await rejection(written.registry.setAlias('tiny', alias as string, 'v1.0'));
      expect(error).to.have.property('code', 'ERR_INVALID_ARGUMENT');
      expect(await rejection(written.registry.setAlias('tiny', alias as string, undefined))).to.have.property(
        'code',
        'ERR_INVALID_ARGUMENT',
      );
      expect(await written.registry.aliases('tiny')).to.deep.equal(new Map());
    });
  }

  it('point to nothing that is not there', async () => {
    const error = await rejection(written.registry.setAlias('tiny', 'champion', 'v9'));
    expect(error).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
    expect(error.message).to.include('v1.0, v2.0').and.include('v9');
    expect(await rejection(written.registry.setAlias('nobody', 'champion', 'v9'))).to.have.property(
      'code',
      'ERR_MODEL_NOT_FOUND',
    );
  });

  it('that name a version that is gone say so, and the others serve', async () => {
    await write({ schemaVersion: 1, aliases: { champion: 'v9', stable: 'v1.0' } });
    const error = await rejection(written.registry.resolve('tiny', 'champion'));
    expect(error).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
    expect(error.message).to.include('champion').and.include('v9').and.include('stable');
    expect((await written.registry.resolve('tiny', 'stable')).version).to.equal('v1.0');
    await written.registry.setAlias('tiny', 'champion', 'v2.0');
    expect((await written.registry.resolve('tiny', 'champion')).version).to.equal('v2.0');
  });

  const bad: Record<string, [content: unknown, says: string]> = {
    'no JSON': ['{', 'JSON'],
    'a list': [[], 'an object'],
    'another schema': [{ schemaVersion: 2, aliases: {} }, '/schemaVersion'],
    'no aliases': [{ schemaVersion: 1 }, '/aliases'],
    'a member nobody knows': [{ schemaVersion: 1, aliases: {}, extra: 1 }, 'extra'],
    'a name that is none': [{ schemaVersion: 1, aliases: { '../x': 'v1.0' } }, '../x'],
    __proto__: ['{"schemaVersion":1,"aliases":{"__proto__":"v1.0"}}', '__proto__'],
    'a version that is none': [{ schemaVersion: 1, aliases: { champion: '../v1.0' } }, 'champion'],
    'a number': [{ schemaVersion: 1, aliases: { champion: 1 } }, 'champion'],
    'more than a mebibyte': [`{"schemaVersion":1,"aliases":{}}${' '.repeat(2 ** 20)}`, 'at most'],
  };
  for (const [what, [content, says]] of Object.entries(bad)) {
    it(`in a file with ${what} are refused, and versions serve`, async () => {
      await write(content);
      for (const call of [
        () => written.registry.aliases('tiny'),
        () => written.registry.resolve('tiny', 'champion'),
        () => written.registry.setAlias('tiny', 'champion', 'v1.0'),
        () => written.registry.remove('tiny', 'v1.0'),
      ]) {
        const error = await rejection(call());
        expect(error.code).to.be.oneOf(['ERR_MANIFEST', 'ERR_INTEGRITY']);
        expect(error.message).to.include('aliases.json of tiny').and.include(says);
      }
      expect((await written.registry.resolve('tiny', 'v1.0')).version).to.equal('v1.0');
      const error = await rejection(written.registry.resolve('tiny', 'v9'));
      expect(error).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
      await chmod(file(), 0o444);
    });
  }
});
