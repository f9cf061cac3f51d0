// What the packages hold: every file that must be there, none that must not, and no trace of the machine that made them.

import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, tools } from './support/tools.mjs';

const megabyte = 1e6;
// In the order in which they are published: a package comes after those that it names.
const tarballs = (process.env.PACKAGE_TARBALLS ?? '').split('\n');
const [runtimeTarball, addonTarball, coreTarball, mainTarball] = tarballs;

describe('the packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  const unpack = (tarball) => {
    const to = mkdtempSync(join(folder, 'package-'));
    execFileSync('tar', ['-xzf', tarball, '-C', to]);
    return join(to, 'package');
  };
  const filesOf = (path) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
      .sort();
  const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
  let main, core, addon, runtime;
  before(() => {
    [runtime, addon, core, main] = tarballs.map(unpack);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('are these, each after those that it names', () => {
    const names = [runtime, addon, core, main].map((path) => json(join(path, 'package.json')).name);
    expect(names).to.deep.equal([
      '@node-libtorch/libtorch-linux-x64-gnu-cpu',
      '@node-libtorch/linux-x64-gnu',
      '@node-libtorch/core',
      'node-libtorch',
    ]);
    expect(tarballs).to.have.length(names.length);
  });

  it('of the platform hold these files and no others', () => {
    expect(filesOf(addon)).to.deep.equal([
      'LICENSE',
      'LICENSE.node-addon-api.md',
      'README.md',
      'libtorch.so',
      'loader.node',
      'node_libtorch.node',
      'package.json',
      'sbom.cdx.json',
    ]);
    expect(filesOf(runtime).filter((name) => !name.startsWith('licenses/'))).to.deep.equal([
      ...['LICENSE.md', 'README.md', 'lib/libc10.so', 'lib/libcudart.so.13', 'lib/libcupti.so.13', 'lib/libgomp.so.1'],
      ...['lib/libtorch_cpu.so', 'libtorch.json', 'package.json', 'sbom.cdx.json'],
    ]);
  });

  it('of JavaScript hold what is used, and nothing of the repository’s own', () => {
    const files = filesOf(main);
    const kinds = [
      /^dist\/[\w/-]+\.(m?js|d\.ts)$/,
      /^dist\/cjs\/\w+\.(cjs|d\.cts)$/,
      /^dist\/server\/console\/assets\/[\w-]+\.(js|css|svg)$/,
      /^docs\/(guides\/)?[\w-]+\.md$/,
      /^swagger-ui\/(swagger-ui(-bundle\.js|\.css)|LICENSE|NOTICE|swagger-ui-bundle\.js\.LICENSE\.txt)$/,
      /^native\/[\w/]+\.(cc|h)$/,
      /^(models|model-registry)\/mnist-mlp\/v1\.0\/(model\.pt|digit\.json|metadata\.json|MODEL_CARD\.md)$/,
      /^(CHANGELOG|README|SECURITY)\.md$/,
      /^(CMakeLists\.txt|LICENSE|package\.json|sbom\.cdx\.json|scripts\/export\/node_libtorch_export\.py)$/,
    ];
    expect(files.filter((name) => !kinds.some((kind) => kind.test(name)))).to.deep.equal([]);
    for (const name of [
      'dist/index.js',
      'dist/index.d.ts',
      'dist/server/index.js',
      'dist/tasks/index.js',
      'dist/client/index.js',
      'dist/monitoring/index.js',
      'dist/cli/main.js',
      'dist/registry/record-validators.mjs',
      'dist/server/console/assets/main.js',
      'dist/server/console/assets/a-tokens.css',
    ]) {
      expect(files).to.include(name);
    }
    expect(files).to.not.include('scripts/build.mjs').and.not.include('binding.gyp');
  });

  it('of JavaScript without a server hold the code and types of loadModel, byte for byte those of node-libtorch', () => {
    const files = filesOf(core);
    const compiled = files.filter((name) => name.startsWith('dist/'));
    expect(files.filter((name) => !compiled.includes(name))).to.deep.equal([
      ...['LICENSE', 'README.md', 'SECURITY.md', 'package.json', 'sbom.cdx.json'],
    ]);
    const kind =
      /^dist\/((addon|async|batching|engines|files|libtorch|model|signature|tensor)\/[\w/-]+|check|core|errors)\.(js|d\.ts)$|^dist\/cjs\/(core\.(cjs|d\.cts)|outside\.cjs)$/;
    expect(compiled.filter((name) => !kind.test(name))).to.deep.equal([]);
    expect(compiled).to.include.members(['dist/core.js', 'dist/core.d.ts', 'dist/engines/onnx/worker.js']);
    const differing = compiled.filter((name) => !readFileSync(join(core, name)).equals(readFileSync(join(main, name))));
    expect(differing).to.deep.equal([]);
  });

  it('of JavaScript declare nothing that is internal', () => {
    for (const path of [core, main]) {
      const types = filesOf(path).filter((name) => name.endsWith('.d.ts'));
      expect(types.filter((name) => readFileSync(join(path, name), 'utf8').includes('@internal'))).to.deep.equal([]);
    }
    expect(readFileSync(join(main, 'dist/batching/queue.d.ts'), 'utf8')).to.include('class BatchQueue');
  });

  it('of JavaScript begin their command with #!, and name no source map that is not there', () => {
    expect(readFileSync(join(main, 'dist/cli/main.js'), 'utf8')).to.match(/^#!\/usr\/bin\/env node\n/);
    const code = filesOf(main).filter((name) => /^dist\/.*\.[cm]?[jt]s$/.test(name));
    expect(code.filter((name) => readFileSync(join(main, name), 'utf8').includes('sourceMappingURL'))).to.deep.equal(
      [],
    );
  });

  // The budget of all of them is checked where they are made: scripts/package/budget.mjs.
  it('keep to their sizes', () => {
    // Half a megabyte of it is Swagger UI, a tenth the pages of the console.
    expect(statSync(mainTarball).size).to.be.below(2.7 * megabyte);
    expect(statSync(coreTarball).size).to.be.below(0.25 * megabyte);
    // A third of it is the engine of exported programs.
    expect(statSync(addonTarball).size).to.be.below(0.7 * megabyte);
    expect(statSync(runtimeTarball).size).to.be.below(116 * megabyte);
  });

  it('run nothing when they are installed, and name one another at this very version', () => {
    const { version } = json(join(root, 'package.json'));
    for (const path of [main, core, addon, runtime])
      expect(json(join(path, 'package.json'))).to.not.have.property('scripts');
    for (const path of [main, core]) {
      const { optionalDependencies } = json(join(path, 'package.json'));
      expect(optionalDependencies).to.deep.equal({
        '@node-libtorch/linux-x64-gnu': version,
        '@node-libtorch/libtorch-linux-x64-gnu-cpu': version,
      });
    }
    for (const path of [addon, runtime]) {
      expect(json(join(path, 'package.json'))).to.deep.include({
        version,
        os: ['linux'],
        cpu: ['x64'],
        libc: ['glibc'],
      });
    }
    expect(json(join(root, 'package.json'))).to.not.have.property('optionalDependencies');
  });

  it('say what C and C++ library they need, which is what their binaries ask for', () => {
    const { torch, glibc, glibcxx } = json(join(addon, 'package.json')).nodeLibtorch;
    expect(torch).to.equal('2.15.0');
    const needs = ['loader.node', 'node_libtorch.node'].map((name) => objdump(join(addon, name))).join('\n');
    const asked = (tag) =>
      [...needs.matchAll(new RegExp(`\\b${tag}_([\\d.]+)`, 'g'))].map(([, version]) =>
        Number(version.split('.').at(-1)),
      );
    expect(Math.max(...asked('GLIBC'))).to.be.at.most(Number(glibc.split('.')[1]));
    expect(Math.max(...asked('GLIBCXX'))).to.be.at.most(Number(glibcxx.split('.')[2]));
  });

  it('hold stripped binaries that look for nothing beside them', () => {
    for (const name of ['loader.node', 'node_libtorch.node', 'libtorch.so']) {
      const path = join(addon, name);
      expect(objdump(path), name).to.not.match(/R(UN)?PATH/);
      const sections = execFileSync('objdump', ['--section-headers', path], { encoding: 'utf8' });
      expect(sections, name).to.not.match(/\.(symtab|debug_\w+)\b/);
    }
  });

  it('hold LibTorch’s files with the digests that libtorch.json names', () => {
    const { files } = json(join(runtime, 'libtorch.json'));
    for (const [name, { bytes }] of Object.entries(files))
      expect(statSync(join(runtime, name)).size, name).to.equal(bytes);
    const listed = execFileSync('sha256sum', Object.keys(files), { cwd: runtime, encoding: 'utf8' });
    for (const [name, { sha256 }] of Object.entries(files)) expect(listed).to.contain(`${sha256}  ${name}`);
  });

  it('hold the code of the wheel’s libraries, and of PyTorch’s own no symbol tables', async () => {
    const [{ cachedSet, readManifest }, { segments }] = await Promise.all([
      import(join(root, 'dist/libtorch/find/cache.js')),
      import(join(root, 'scripts/package/strip.mjs')),
    ]);
    const set = cachedSet('linux-x64');
    const wheels = readManifest(set).files;
    const { files, stripped } = json(join(runtime, 'libtorch.json'));
    expect(Object.keys(stripped).sort()).to.deep.equal(['lib/libc10.so', 'lib/libtorch_cpu.so']);
    for (const name of Object.keys(files)) {
      expect(stripped[name] ?? files[name], name).to.deep.equal(wheels[name]);
      if (!stripped[name]) continue;
      expect(files[name].bytes).to.be.below(0.85 * wheels[name].bytes);
      expect(segments(join(runtime, name)), name).to.deep.equal(segments(join(set, name)));
      expect(execFileSync('objdump', ['--section-headers', join(runtime, name)], { encoding: 'utf8' })).to.not.match(
        /\.symtab\b/,
      );
    }
  });

  it('bear no trace of the machine that made them', () => {
    const traces = [root, `${homedir()}/`, `/${hostname()}/`, '/tmp/', 'registry.npm', 'npmjs.'].filter(
      (text) => text.length > 4,
    );
    for (const path of [main, core, addon]) {
      for (const name of filesOf(path)) {
        const text = readFileSync(join(path, name), 'latin1');
        // Pages and the example may speak of temporary folders; compiled code has no reason to.
        const forbidden = /\.(md|py|d\.ts)$/.test(name) ? traces.filter((trace) => trace !== '/tmp/') : traces;
        expect(
          forbidden.filter((trace) => text.includes(trace)),
          name,
        ).to.deep.equal([]);
      }
    }
  });

  it('carry the licences of all that they hold, and a bill of materials', () => {
    const licences = filesOf(join(runtime, 'licenses'));
    for (const name of [
      'torch/LICENSE',
      'libgomp/GPL-3.0.txt',
      'libgomp/GCC-exception-3.1.txt',
      'oneMKL/intel-simplified.txt',
    ]) {
      expect(licences).to.include(name);
    }
    expect(licences.filter((name) => /^nvidia-cuda-(cupti|runtime)\//.test(name))).to.have.length(2);
    expect(licences.filter((name) => name.startsWith('torch/third_party/')).length).to.be.above(40);
    const notice = readFileSync(join(runtime, 'LICENSE.md'), 'utf8');
    for (const name of licences) expect(notice).to.contain(`licenses/${name}`);
    for (const path of [main, core, addon, runtime]) {
      const { bomFormat, specVersion, metadata, components } = json(join(path, 'sbom.cdx.json'));
      expect({ bomFormat, specVersion }).to.deep.equal({ bomFormat: 'CycloneDX', specVersion: '1.6' });
      expect(metadata.component.name).to.equal(json(join(path, 'package.json')).name);
      expect(new Set(components.map((component) => component['bom-ref'])).size).to.equal(components.length);
      for (const { type, name } of components) expect([type, name]).to.not.include(undefined);
    }
    for (const path of [main, core]) {
      const named = json(join(path, 'sbom.cdx.json')).components.map(({ name }) => name);
      expect(named).to.include.members(Object.keys(json(join(path, 'package.json')).dependencies));
    }
  });

  it('have nothing that publint or attw would change', () => {
    for (const [tool, args] of [
      ['publint/src/cli.js', ['--strict', main]],
      ['publint/src/cli.js', ['--strict', core]],
      ['@arethetypeswrong/cli/dist/index.js', [mainTarball, '--profile', 'node16']],
      ['@arethetypeswrong/cli/dist/index.js', [coreTarball, '--profile', 'node16']],
    ]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(tools, tool), ...args], {
        encoding: 'utf8',
      });
      expect(status, `${tool}:\n${stdout}${stderr}`).to.equal(0);
    }
  });

  const objdump = (path) => execFileSync('objdump', ['--private-headers', path], { encoding: 'utf8' });
});
