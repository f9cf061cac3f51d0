import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { checkToolchain } from '#dist/libtorch/build/toolchain.js';
import { pins, pinsFor } from '#dist/libtorch/fetch/pins.js';
import { inspectSet, type LibtorchSet } from '#dist/libtorch/find/libtorch-set.js';
import { root } from '../support/paths.js';
import { wheelFiles } from './wheel-files.js';

/** By the contents of the wheels, as no machine of these kinds is at hand. */
describe('the wheels of other systems', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** A `torch` folder with the wheel's files, all empty. */
  const unpacked = async (triple: string, names: readonly string[]): Promise<string> => {
    const torch = join(folder, triple, 'torch');
    await mkdir(join(torch, 'lib'), { recursive: true });
    for (const name of names) await writeFile(join(torch, 'lib', name), '');
    await writeFile(join(torch, 'version.py'), "__version__ = '2.15.0'\n");
    return torch;
  };

  const cases = [
    ['win32-x64', 'win32', ['uv.dll', 'libiomp5md.dll', 'c10.dll', 'torch_cpu.dll']],
    ['darwin-arm64', 'darwin', ['libomp.dylib', 'libc10.dylib', 'libtorch_cpu.dylib']],
    [
      'linux-arm64',
      'linux',
      [
        ...[
          'libgomp.so.1',
          'libcudart.so.13',
          'libcupti.so.13',
          'libnvpl_blas_core.so.0',
          'libnvpl_blas_lp64_gomp.so.0',
        ],
        ...[
          'libnvpl_lapack_core.so.0',
          'libnvpl_lapack_lp64_gomp.so.0',
          'libarm_compute.so',
          'libarm_compute_graph.so',
        ],
        ...['libc10.so', 'libtorch_cpu.so'],
      ],
    ],
  ] as const;
  /** Of other wheels. */
  const fromNvidia = ['libcudart.so.13', 'libcupti.so.13'];
  for (const [triple, os, opened] of cases) {
    const { files, needs, bytes } = wheelFiles[triple];
    const pinned = pinsFor(triple).wheels.flatMap((wheel) => wheel.files.map(({ from }) => from));

    it(`${triple}: its libraries are opened, each after those that it needs`, async () => {
      const set = inspectSet(
        'python',
        await unpacked(triple, [...files, ...(os === 'linux' ? fromNvidia : [])]),
        os,
      ) as LibtorchSet;
      expect(set.libraries.map((path) => basename(path))).to.deep.equal(opened);
      expect(set).to.include({ version: '2.15.0', hasCuda: os === 'linux', stripped: false });
      opened.forEach((name, i) => {
        for (const need of needs[name]!) expect(opened.slice(0, i), name).to.include(need);
      });
    });

    it(`${triple}: the pins take what the wheel has, and all that is needed`, () => {
      expect(pinned.map((name) => basename(name)).sort()).to.deep.equal([...opened].sort());
      const names = pinned.map((name) => basename(name));
      for (const name of names) expect([...files, ...fromNvidia]).to.include(name);
      for (const name of names) for (const need of needs[name]!) expect(names).to.include(need);
    });

    it(`${triple}: the package of its libraries keeps to the budget`, async () => {
      const { overBudget } = (await import(pathToFileURL(join(root, 'scripts/package/budget.mjs')).href)) as {
        overBudget: (packages: readonly { name: string; packed: number; unpacked: number }[]) => string[];
      };
      const name = `@node-libtorch/libtorch-${triple}${os === 'linux' ? '-gnu' : ''}-cpu`;
      // Licences beside them are 1 MB; on Linux symbol tables are taken away.
      const unpacked = bytes + (os === 'linux' ? -1e6 : 1e6);
      expect(overBudget([{ name, packed: 105e6, unpacked }])).to.deep.equal([]);
      expect(overBudget([{ name, packed: 105e6, unpacked: 1.5 * unpacked }])).to.have.length(2);
    });

    const stranger = os === 'linux' ? 'darwin' : 'linux';
    it(`${triple}: a folder of another system is none`, async () => {
      const torch = await unpacked(`${triple}-elsewhere`, files);
      expect(inspectSet('python', torch, stranger))
        .to.have.property('problem')
        .that.matches(/has libtorch_cpu\.(so|dylib)$/);
    });
  }

  it('are linked on Windows with import libraries that the wheel has, and that no package carries', () => {
    const [torch] = pinsFor('win32-x64').wheels;
    expect(torch!.importLibraries).to.deep.equal(['torch/lib/c10.lib', 'torch/lib/torch_cpu.lib']);
    for (const name of torch!.importLibraries!) expect(wheelFiles['win32-x64'].files).to.include(basename(name));
    expect(torch!.files.filter(({ to }) => to.endsWith('.lib'))).to.deep.equal([]);
  });

  it('need no compiler on the PATH of Windows, where CMake finds it', async () => {
    await writeFile(join(folder, 'cmake'), '#!/bin/sh\necho cmake version 3.30.1\n', { mode: 0o755 });
    checkToolchain({ PATH: folder }, 'win32');
    expect(() => {
      checkToolchain({ PATH: folder }, 'linux');
    }).to.throw(/missing a C\+\+20 compiler/);
  });

  it('have known terms in the packages, every file of every pin for the CPU', async () => {
    const { termsOf } = (await import(pathToFileURL(join(root, 'scripts/package/terms.mjs')).href)) as {
      termsOf: (file: string) => string;
    };
    for (const { kind, wheels } of pins)
      if (kind === 'cpu')
        for (const { to } of wheels.flatMap(({ files }) => files)) expect(termsOf(to), to).to.match(/under/);
    expect(() => termsOf('lib/strange.dll')).to.throw(/Expected to know the licence/);
  });
});
