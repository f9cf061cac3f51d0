import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { addonPackage, findAddon } from '#dist/libtorch/find/addon-files.js';
import type { LibtorchSet } from '#dist/libtorch/find/libtorch-set.js';
import { passOver, unfitForCuda } from '#dist/libtorch/open-libraries.js';
import { currentPlatform } from '#dist/libtorch/platform.js';
import { remedies } from '#dist/libtorch/remedies.js';
import { requireCuda } from '#dist/engines/torch/require-cuda.js';
import { rejection } from '../support/errors.js';

describe('the command of an error', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('can be pasted into a shell whatever the path is', () => {
    expect(remedies.damagedPackage('/home/me/app')).to.equal('rm -r /home/me/app && npm install');
    expect(remedies.damagedPackage("/home/me/My App's")).to.equal("rm -r '/home/me/My App'\\''s' && npm install");
  });

  it('is of the set that is damaged', () => {
    expect(remedies.damagedSet('cuda', '2.15.0')).to.match(/ setup --cuda --verify$/);
    expect(remedies.damagedSet('cpu', '2.11.0')).to.match(/ setup --cpu --version 2\.11\.0 --verify$/);
  });

  it('replaces a package that is there without its files', async () => {
    const name = addonPackage(currentPlatform());
    write('package.json', '{}');
    const manifest = write(`node_modules/${name}/package.json`, '{}');
    const { message } = await rejection(() => findAddon(folder), 'ERR_ADDON_NOT_FOUND');
    expect(message).to.contain(`fix: rm -r ${dirname(manifest)} && npm install`);
  });

  describe('of CUDA that cannot be used', () => {
    const set = (): LibtorchSet => {
      const library = join(folder, 'lib/libtorch_cuda.so');
      mkdirSync(dirname(library), { recursive: true });
      // An ELF64 header whose section table ends the file.
      const elf = Buffer.alloc(64 + 64);
      elf.set([0x7f, 0x45, 0x4c, 0x46, 2]);
      elf.writeBigUInt64LE(64n, 40);
      elf.writeUInt16LE(64, 58);
      elf.writeUInt16LE(1, 60);
      writeFileSync(library, elf);
      write('libtorch.json', JSON.stringify({ version: '2.15.0', kind: 'cuda', files: {} }));
      const [version, libDir, includeDir] = ['2.15.0', join(folder, 'lib'), undefined];
      return {
        source: 'setup',
        version,
        libDir,
        includeDir,
        libraries: [],
        cudaLibraries: [library],
        hasCuda: true,
        stripped: false,
      };
    };

    it('says where there is no device', () => {
      expect(unfitForCuda(set(), false)?.text).to.contain('no NVIDIA device');
      expect(unfitForCuda({ ...set(), hasCuda: false }, false)).to.equal(undefined);
      expect(unfitForCuda(set(), true)).to.equal(undefined);
    });

    it('names the file that is cut off, which would kill the process', () => {
      const cut = set();
      truncateSync(cut.cudaLibraries[0]!, 100);
      expect(unfitForCuda(cut, true)?.text).to.match(
        /libtorch_cuda\.so: the file is truncated \(fix: .*setup --cuda --verify\)/,
      );
    });

    it('gives the command of a warning that has one', async () => {
      const cut = set();
      truncateSync(cut.cudaLibraries[0]!, 100);
      for (const [warning, fix] of [
        [unfitForCuda(cut, true)!, /fix: .*setup --cuda --verify$/],
        [unfitForCuda(set(), false)!, /fix: see that nvidia-smi works/],
      ] as const) {
        const { text, cudaProblem } = warning;
        const loaded = { version: '2.15.0', path: '/lib', source: 'setup', cuda: false, cudaProblem } as const;
        const { message } = await rejection(
          () => requireCuda('cuda', { ...loaded, warnings: [text] }),
          'ERR_DEVICE_UNAVAILABLE',
        );
        expect(message).to.contain('CUDA cannot be used').and.contain(text).and.match(fix);
      }
    });

    it('says why a set was passed over', async () => {
      const failure = { code: 'ERR_LIBTORCH_LOAD', file: 'libcudnn.so.9', stuck: false };
      const { text: passed, cudaProblem } = passOver(set(), Object.assign(new Error('not found'), failure));
      expect(passed).to.match(/LibTorch 2\.15\.0 in .* \(setup\) could not be opened: libcudnn\.so\.9: not found/);
      const loaded = { version: '2.15.0', path: '/lib', source: 'package', cuda: false } as const;
      const over = await rejection(
        () => requireCuda('cuda', { ...loaded, warnings: [passed], cudaProblem }),
        'ERR_DEVICE_UNAVAILABLE',
      );
      expect(over.message).to.contain(passed).and.contain('setup --cuda --verify');
      const none = await rejection(() => requireCuda('cuda:1', { ...loaded, warnings: [] }), 'ERR_DEVICE_UNAVAILABLE');
      expect(none.message)
        .to.contain('has no CUDA')
        .and.match(/fix: .*setup --cuda, or LIBTORCH=/);
    });
  });
});
