/** Findings O4 and O6: external data of ONNX models is what was hashed, however large, and lies where it may. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
} from 'node:fs';
import { renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { loadModel, Tensor, TorchError, type LoadOptions } from 'node-libtorch';
import { ExternalData } from '#dist/engines/onnx/external-data.js';
import { ExternalFileHandle } from '#dist/engines/onnx/external-file.js';
import { node } from '../support/child.js';
import { rejection } from '../support/errors.js';
import { fixture, root } from '../support/paths.js';

const faulty = (name: string): string => fixture(`faults/onnx/${name}.onnx`);
const MiB = 2 ** 20;
/** Rows of the table in rows_80_mib.onnx, of 16 bytes each. */
const manyRows = 5 * MiB;
const table = Float32Array.from({ length: 12 }, (_, i) => i);
const sha256 = (bytes: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex');

describe('faults: external data of ONNX models', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-onnx-external-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const at = (...parts: string[]): string => join(folder, ...parts);
  const modelOf = (name: string, into = 'model.onnx'): string => {
    copyFileSync(faulty(name), at(into));
    return at(into);
  };
  const row = async (path: string, index: number, options: LoadOptions = {}): Promise<number[]> => {
    await using model = await loadModel(path, options);
    return Array.from(
      (await model.run(new Tensor('int64', BigInt64Array.of(BigInt(index)), [1]))).data as Float32Array,
    );
  };
  /** A sparse file whose last row is filled with a number. */
  const sparse = (path: string, rows: number, last: number): void => {
    const file = openSync(path, 'w');
    ftruncateSync(file, rows * 16);
    writeSync(file, Float32Array.of(last, last, last, last), 0, 16, (rows - 1) * 16);
    closeSync(file);
  };

  describe('where it lies', () => {
    const inside: [model: string, file: string][] = [
      ['rows', 'w.bin'],
      ['rows_dot', 'w.bin'],
      ['rows_sub', 'sub/w.bin'],
      ['rows_deep', 'sub/deeper/w.bin'],
    ];
    for (const [name, file] of inside) {
      it(`is read from ${file} for ${name}, and pinned under that name`, async () => {
        mkdirSync(at('sub/deeper'), { recursive: true });
        writeFileSync(at(file), table);
        const path = modelOf(name);
        expect(await row(path, 2)).to.deep.equal([8, 9, 10, 11]);
        await using model = await loadModel(path, { externalSha256: { [file]: sha256(table) } });
        expect(model.info.externalFiles).to.deep.equal([{ name: file, bytes: 48, sha256: sha256(table) }]);
        await rejection(() => loadModel(path, { externalSha256: { [file]: '0'.repeat(64) } }), 'ERR_INTEGRITY');
      });
    }

    for (const name of ['rows_up', 'rows_inside_up', 'rows_absolute', 'rows_folder']) {
      it(`is refused for ${name}, with an allowed root too`, async () => {
        mkdirSync(at('sub'));
        writeFileSync(at('w.bin'), table);
        mkdirSync(at('models'));
        const path = modelOf(name, 'models/model.onnx');
        await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE');
        await rejection(() => loadModel(path, { externalDataRoot: folder }), 'ERR_UNSAFE_ARCHIVE');
        await rejection(() => loadModel(path, { externalDataRoot: '/' }), 'ERR_UNSAFE_ARCHIVE');
      });
    }

    it('is found in a Hugging Face cache, when the operator says so', async () => {
      mkdirSync(at('hub/models--x/blobs'), { recursive: true });
      mkdirSync(at('hub/models--x/snapshots/r1/onnx/sub'), { recursive: true });
      copyFileSync(faulty('rows_sub'), at('hub/models--x/blobs/aa'));
      writeFileSync(at('hub/models--x/blobs/bb'), table);
      symlinkSync('../../../blobs/aa', at('hub/models--x/snapshots/r1/onnx/model.onnx'));
      symlinkSync('../../../../blobs/bb', at('hub/models--x/snapshots/r1/onnx/sub/w.bin'));
      const path = at('hub/models--x/snapshots/r1/onnx/model.onnx');
      const { message } = await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE');
      expect(message).to.include('symbolic link').and.include('externalDataRoot');
      for (const allowed of ['hub', 'hub/models--x', 'hub/models--x/blobs', 'hub/models--x/']) {
        expect(await row(path, 1, { externalDataRoot: at(allowed) }), allowed).to.deep.equal([4, 5, 6, 7]);
      }
      symlinkSync('hub', at('link to hub'));
      expect(await row(path, 1, { externalDataRoot: at('link to hub') })).to.deep.equal([4, 5, 6, 7]);
      for (const other of ['hub/models--x/snapshots', 'hub/models--x/blob', 'hub/models--x/snapshots/r1/onnx/sub']) {
        mkdirSync(at(other), { recursive: true });
        await rejection(() => loadModel(path, { externalDataRoot: at(other) }), 'ERR_UNSAFE_ARCHIVE');
      }
      await rejection(() => loadModel(path, { externalDataRoot: at('none') }), 'ERR_MODEL_LOAD');
      const main = `${root}dist/cli/main.js`;
      const refused = await node([main, 'inspect', path]);
      expect(refused.stderr).to.include('ERR_UNSAFE_ARCHIVE');
      const ended = await node([main, 'inspect', path, '--external-data-root', at('hub'), '--json']);
      expect(ended.code, ended.stderr).to.equal(0);
      expect(JSON.parse(ended.stdout)).to.have.nested.property('externalFiles[0].name', 'sub/w.bin');
    });

    it('is refused behind a link to a folder, and one that leads out of the root', async () => {
      mkdirSync(at('elsewhere'));
      writeFileSync(at('elsewhere/w.bin'), table);
      mkdirSync(at('models'));
      symlinkSync('../elsewhere', at('models/sub'));
      const path = modelOf('rows_sub', 'models/model.onnx');
      await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE');
      await rejection(() => loadModel(path, { externalDataRoot: at('models') }), 'ERR_UNSAFE_ARCHIVE');
      expect(await row(path, 0, { externalDataRoot: folder })).to.deep.equal([0, 1, 2, 3]);
    });

    it('and a root that is no path, or for another engine, is refused', async () => {
      for (const externalDataRoot of ['', 5, 'a\0b', null]) {
        await rejection(
          () => loadModel(faulty('rows'), { externalDataRoot } as unknown as LoadOptions),
          'ERR_INVALID_ARGUMENT',
        );
      }
      await rejection(
        () => loadModel(fixture('torchscript/linear.pt'), { externalDataRoot: '/' }),
        'ERR_INVALID_ARGUMENT',
      );
    });

    it('is a file, and no folder or pipe', async () => {
      mkdirSync(at('w.bin'));
      await rejection(async () => loadModel(modelOf('rows')), 'ERR_MODEL_LOAD');
    });
  });

  describe('when it is large', () => {
    it('is mapped by every instance, hashed and pinned, and leaves no descriptor behind', async function () {
      if (process.platform !== 'linux') this.skip();
      sparse(at('w.bin'), manyRows, 7);
      const path = modelOf('rows_80_mib');
      const open = (): number => readdirSync('/proc/self/fd').filter((fd) => isWeights(fd)).length;
      const isWeights = (fd: string): boolean => {
        try {
          return statSync(`/proc/self/fd/${fd}`).ino === statSync(at('w.bin')).ino;
        } catch {
          return false;
        }
      };
      const before = process.memoryUsage.rss();
      const model = await loadModel(path);
      expect((process.memoryUsage.rss() - before) / MiB, 'MiB more').to.be.below(60);
      expect(open()).to.equal(0);
      expect((await model.run(new Tensor('int64', BigInt64Array.of(BigInt(manyRows - 1)), [1]))).data[0]).to.equal(7);
      const digest = model.info.externalFiles?.[0]?.sha256 as string;
      await model.dispose();
      expect(await row(path, manyRows - 1, { externalSha256: { 'w.bin': digest } })).to.deep.equal([7, 7, 7, 7]);
      await rejection(() => loadModel(path, { externalSha256: { 'w.bin': '0'.repeat(64) } }), 'ERR_INTEGRITY');
      await rejection(() => loadModel(path, { precision: 'bf16' }), 'ERR_PRECISION_UNSUPPORTED');
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('enough')), 20);
      await loadModel(path, { signal: controller.signal }).catch(() => undefined);
      // The load may go on for a while, and lets go of the file when it ends.
      await new Promise((resolve) => setTimeout(resolve, 500));
      for (let i = 0; i < 100 && open() > 0; ++i) await new Promise((resolve) => setTimeout(resolve, 100));
      expect(open()).to.equal(0);
    });

    it('is refused when it changes between the hash and the end of the load', async () => {
      if (process.platform !== 'linux') return;
      const tensors = [{ location: 'w.bin', offset: 0, length: manyRows * 16, outermost: true }];
      const changes: [what: string, change: () => void][] = [
        ['a byte', () => writeSync(openSync(at('w.bin'), 'r+'), Uint8Array.of(1), 0, 1, 5)],
        ['its length', () => ftruncateSync(openSync(at('w.bin'), 'r+'), manyRows * 16 + 1)],
        ['a byte, with the old time', () => {
          const { atime, mtime } = statSync(at('w.bin'));
          writeSync(openSync(at('w.bin'), 'r+'), Uint8Array.of(1), 0, 1, 5);
          utimesSync(at('w.bin'), atime, mtime);
        }],
        ['its name', () => renameSync(at('w.bin'), at('moved.bin'))],
      ]; // prettier-ignore
      for (const [what, change] of changes) {
        sparse(at('w.bin'), manyRows, 7); // just now: the load lets the step of the file's times pass
        const external = await ExternalData.read(modelOf('rows_80_mib'), tensors, { pinned: false });
        await external.requireUnchanged();
        change();
        const error = await external.requireUnchanged().catch((reason: unknown) => reason);
        await external.close();
        expect(error, what).to.be.instanceOf(TorchError).with.property('code', 'ERR_INTEGRITY');
      }
    });

    it('is looked at once the step of its times has passed, so that a change just after that shows', async () => {
      if (process.platform !== 'linux') return;
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called below with the handle that they belong to
      const { settle, hash } = ExternalFileHandle.prototype;
      const order: string[] = [];
      ExternalFileHandle.prototype.settle = async function () {
        await settle.call(this);
        // In whole milliseconds, as Date.now() is.
        order.push(`settled ${Date.now() - Math.floor(statSync(at('w.bin')).ctimeMs) >= 50}`);
      };
      ExternalFileHandle.prototype.hash = function (...args) {
        order.push('hash');
        return hash.apply(this, args);
      };
      try {
        sparse(at('w.bin'), manyRows, 7);
        await row(modelOf('rows_80_mib'), 0);
      } finally {
        Object.assign(ExternalFileHandle.prototype, { settle, hash });
      }
      expect(order).to.deep.equal(['settled true', 'hash']);
    });

    it('is what was hashed, while somebody renames files over it', async function () {
      if (process.platform !== 'linux') this.skip();
      // Each file is named by the number in it: whatever loads must have that number in the row that it answers with.
      const numbers = new Map<string, number>();
      for (const [name, number] of [['w.bin', 1], ['other.bin', 2]] as const) {
        sparse(at(name), manyRows, number);
        const hash = createHash('sha256').update(new Uint8Array((manyRows - 1) * 16));
        numbers.set(hash.update(new Uint8Array(Float32Array.of(number, number, number, number).buffer)).digest('hex'), number);
      } // prettier-ignore
      const path = modelOf('rows_80_mib');
      const racer = new Worker(
        `const { renameSync } = require('node:fs');
         const { workerData } = require('node:worker_threads');
         const pause = new Int32Array(new SharedArrayBuffer(4));
         for (let i = 0; ; ++i) {
           renameSync(workerData + '/w.bin', workerData + '/third.bin');
           renameSync(workerData + '/other.bin', workerData + '/w.bin');
           renameSync(workerData + '/third.bin', workerData + '/other.bin');
           Atomics.wait(pause, 0, 0, [0, 3, 30, 300, 1000][i % 5]);
         }`,
        { eval: true, workerData: folder },
      );
      const seen = { loaded: 0, refused: 0 };
      try {
        for (let i = 0; i < 60 && (seen.loaded < 3 || seen.refused < 5); ++i) {
          const outcome = await loadModel(path).catch((reason: unknown) => reason as Error);
          if (outcome instanceof Error) {
            expect(outcome).to.be.instanceOf(TorchError).with.property('code').that.is.oneOf(['ERR_INTEGRITY', 'ERR_MODEL_LOAD', 'ERR_UNSAFE_ARCHIVE']);
            ++seen.refused;
            continue;
          }
          const answer = await outcome.run(new Tensor('int64', BigInt64Array.of(BigInt(manyRows - 1)), [1]));
          expect(answer.data[0]).to.equal(numbers.get(outcome.info.externalFiles?.[0]?.sha256 as string));
          await outcome.dispose();
          ++seen.loaded;
        }
      } finally {
        await racer.terminate();
      }
      expect(seen.refused).to.be.above(0);
    }); // prettier-ignore

    it('may be larger than 2 GiB (NODE_LIBTORCH_TEST_LARGE=1)', async function () {
      if (process.platform !== 'linux' || process.env['NODE_LIBTORCH_TEST_LARGE'] !== '1') this.skip();
      sparse(at('w.bin'), 192 * MiB, 9);
      expect(await row(modelOf('rows_3_gib'), 192 * MiB - 1)).to.deep.equal([9, 9, 9, 9]);
    });

    it('and too short or missing is said by its name', async () => {
      sparse(at('w.bin'), manyRows - 1, 7);
      const { message } = await rejection(async () => loadModel(modelOf('rows_80_mib')), 'ERR_MODEL_FORMAT');
      expect(message).to.include(`${manyRows * 16} bytes`);
      rmSync(at('w.bin'));
      await rejection(async () => loadModel(modelOf('rows_80_mib')), 'ERR_MODEL_LOAD');
      expect(existsSync(at('w.bin'))).to.equal(false);
    });
  });
});
