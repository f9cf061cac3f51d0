import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry } from '#dist/registry/index.js';
import { root as packageFolder } from '../support/paths.js';
import { rejection } from '../support/rejection.js';
import { WrittenRegistry } from '../support/written-registry.js';

const script = join(packageFolder, 'test/support/add-version.mjs');
const nobody = 65_534;
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

/** Rows C15 and C17, with the faults that a system really makes. */
describe('a registry on a system that really refuses', function () {
  this.timeout(120_000);
  let written: WrittenRegistry;
  beforeEach(async () => {
    written = await WrittenRegistry.create();
    await written.add('v1.0', 'first');
    await writeFile(join(written.root, 'source-1000'), Buffer.alloc(1000, 1));
    await writeFile(join(written.root, 'source-200000'), Buffer.alloc(200_000, 1));
  });
  afterEach(() => written.remove());

  /** Runs commands as root of a mount namespace of its own. */
  function inNamespace(...commands: string[]): string {
    return execFileSync('unshare', ['-m', 'sh', '-ec', commands.join('\n')], { encoding: 'utf8' });
  }

  const change = (folder: string, ...args: (string | number)[]) =>
    `'${process.execPath}' '${script}' '${folder}' ${args.join(' ')}`;

  it('says that the disk is full, keeps what was there, and can remove what is too much', function () {
    if (!canMount) this.skip(); // no namespaces of mounts for this user
    const full = join(written.root, 'full');
    const out = inNamespace(
      `mkdir '${full}'`,
      `mount -t tmpfs -o size=64k none '${full}'`,
      `cp -r '${written.registry.registryDir}' '${written.registry.modelsDir}' '${written.root}'/source-* '${full}' 2>/dev/null || true`,
      `ln -sf '${written.root}/source-200000' '${full}/source-200000'`,
      `before=$(find '${full}'/registry '${full}'/models -type f -not -path '*/.*' -exec sha256sum {} +)`,
      change(full, 'add', 200_000),
      // Nothing is left: not a byte for an alias.
      `dd if=/dev/zero of='${full}/filler' bs=1024 2>/dev/null || true`,
      change(full, 'alias'),
      change(full, 'add', 1000),
      `after=$(find '${full}'/registry '${full}'/models -type f -not -path '*/.*' -exec sha256sum {} +)`,
      'test "$before" = "$after" && echo same',
      change(full, 'remove'),
      `rm '${full}/filler'`,
      change(full, 'add', 1000),
      `find '${full}/registry/.staging' '${full}/models/.staging' -mindepth 1 | grep . || echo clean`,
    );
    const codes = out.split('\n').filter((line) => /^(done|ERR_|same|clean)/.test(line));
    expect(codes, out).to.deep.equal([
      ...['ERR_STORAGE_FULL', 'ERR_STORAGE_FULL', 'ERR_STORAGE_FULL', 'same', 'done', 'done', 'clean'],
    ]);
    expect(out).to.include('fix: free some space');
  });

  it('says that the file system is read-only, and reads on', function () {
    if (!canMount) this.skip();
    const out = inNamespace(
      `mount --bind '${written.root}' '${written.root}'`,
      `mount -o remount,ro,bind '${written.root}'`,
      ...['add', 'alias', 'remove'].map((kind) => change(written.root, kind)),
    );
    expect(
      out.split('\n').filter((line) => /^(done|ERR_)/.test(line)),
      out,
    ).to.deep.equal(Array(3).fill('ERR_STORAGE'));
    expect(out).to.include('EROFS').and.include('mounted read-only');
  });

  it('says that this user may not write', async function () {
    if (process.getuid?.() !== 0) this.skip(); // needs to become another user
    const before = await written.state();
    await chmod(written.root, 0o755);
    for (const kind of ['add', 'alias', 'remove']) {
      const { stdout } = spawnSync(process.execPath, [script, written.root, kind, '1000', String(nobody)], {
        encoding: 'utf8',
      });
      expect(stdout)
        .to.match(/^ERR_STORAGE\n/)
        .and.include('EACCES')
        .and.include('permission');
    }
    // The folder of one model alone is another user's.
    await chown(written.registry.registryDir, nobody, nobody);
    await chown(written.registry.modelsDir, nobody, nobody);
    for (const folder of [written.registry.registryDir, written.registry.modelsDir]) {
      await chown(join(folder, '.staging'), nobody, nobody);
    }
    await chown(join(written.registry.registryDir, '.lock'), nobody, nobody);
    for (const kind of ['add', 'alias', 'remove']) {
      const { stdout } = spawnSync(process.execPath, [script, written.root, kind, '1000', String(nobody)], {
        encoding: 'utf8',
      });
      expect(stdout, kind)
        .to.match(/^ERR_STORAGE\n/)
        .and.include('EACCES');
    }
    expect(await written.state()).to.deep.equal(before);
    expect(await written.leftovers()).to.deep.equal([]);
  });

  it('says that a folder was removed while it was open', async () => {
    const { registry } = written;
    const record = await registry.resolve('tiny');
    await rm(registry.modelsDir, { recursive: true });
    expect(await rejection(written.add('v2.0'))).to.have.property('code', 'ERR_STORAGE');
    expect((await registry.resolve('tiny')).version).to.equal('v1.0');
    expect(await rejection(registry.artifactPath(record))).to.have.property('code', 'ERR_INTEGRITY');
    await rm(registry.registryDir, { recursive: true });
    for (const call of [
      () => written.add('v2.0'),
      () => registry.setAlias('tiny', 'champion', 'v1.0'),
      () => registry.remove('tiny', 'v1.0'),
      () => registry.list(),
      () => registry.versions('tiny'),
      () => registry.resolve('tiny', 'champion'),
      () => registry.find(record.artifact.sha256),
    ]) {
      const error = await rejection(call());
      expect(error).to.have.property('code', 'ERR_STORAGE');
      expect(error.message).to.include('removed').and.include('ENOENT');
    }
    expect(await readdir(written.root)).not.to.include('registry');
  });

  it('writes in no installed package, and says which folders to name', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'node-libtorch-installed-')));
    try {
      const installed = join(folder, 'node_modules/node-libtorch');
      await mkdir(installed, { recursive: true });
      for (const part of ['dist', 'models', 'model-registry', 'package.json']) {
        await cp(join(packageFolder, part), join(installed, part), { recursive: true });
      }
      const program = `
        import { ModelRegistry } from ${JSON.stringify(join(installed, 'dist/registry/index.js'))};
        import { symlinkSync } from 'node:fs';
        const installed = ${JSON.stringify(installed)};
        const own = ${JSON.stringify(written.registry.registryDir)};
        const bundled = { registryDir: installed + '/model-registry', modelsDir: installed + '/models' };
        symlinkSync(bundled.registryDir, own + '-link');
        for (const options of [
          {},
          { registryDir: own },
          bundled,
          { ...bundled, registryDir: own },
          { ...bundled, registryDir: own + '-link', modelsDir: own },
          { ...bundled, registryDir: bundled.registryDir + '/../models/../model-registry/' },
        ]) {
          const registry = await ModelRegistry.open(options);
          await registry.setAlias('mnist-mlp', 'champion', 'v1.0').catch((e) => console.log(e.code, e.message));
        }`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      });
      expect(stdout.match(/ERR_CONFIG/g), stderr).to.have.length(6);
      expect(stdout).to.include('--registry').and.include('--models');
      expect(await readdir(join(installed, 'models'))).to.deep.equal(['mnist-mlp']);
      expect(await readdir(join(installed, 'model-registry'))).to.deep.equal(['mnist-mlp']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('makes the folders of a registry that is about to be written, and only then', async () => {
    const folders = { registryDir: join(written.root, 'a/b/registry'), modelsDir: join(written.root, 'a/models') };
    expect(await rejection(ModelRegistry.open(folders))).to.have.property('code', 'ERR_CONFIG');
    const registry = await ModelRegistry.open({ ...folders, create: true });
    expect(await registry.list()).to.deep.equal([]);
    const under = {
      registryDir: join(written.root, 'source-1000/registry'),
      modelsDir: folders.modelsDir,
      create: true,
    };
    expect(await rejection(ModelRegistry.open(under))).to.have.property('code', 'ERR_CONFIG');
  });
});
