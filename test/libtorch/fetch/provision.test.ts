import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readManifest } from '#dist/libtorch/find/cache.js';
import { provision } from '#dist/libtorch/fetch/provision.js';
import { owner, ownerName } from '#dist/libtorch/fetch/staging.js';
import { rejection } from '../../support/errors.js';
import { verifySet } from '../../support/verify-set.js';
import { contents, fakeIndex, triple, type FakeIndex } from '../../support/fake-wheels.js';

describe('provision', function () {
  this.timeout(60_000); // pip takes a second for each wheel
  let index: FakeIndex;
  beforeEach(async () => {
    index = await fakeIndex();
  });
  afterEach(() => index[Symbol.asyncDispose]());
  const run = (options: Parameters<typeof provision>[0] = {}) =>
    provision({ triple, pin: index.pin, env: index.env, ...options });
  const filesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  /** The folder of downloads stays, empty. */
  const leftovers = () =>
    filesIn(index.cache).filter((name) => name !== 'downloads' || filesIn(join(index.cache, name)).length > 0);

  it('extracts what is needed, with its modes, and nothing else', async () => {
    const { libDir, fetched } = await run();
    expect(fetched).to.have.length(2);
    expect(readdirSync(libDir).sort()).to.deep.equal(['libc10.so', 'libcudart.so.13', 'libtorch_cpu.so']);
    expect(readFileSync(join(libDir, 'libtorch_cpu.so'), 'utf8')).to.equal(contents['torch/lib/libtorch_cpu.so']);
    expect(statSync(join(libDir, 'libc10.so')).mode & 0o777).to.equal(0o755);
    expect(existsSync(join(index.set, 'include'))).to.equal(false);
    expect(leftovers()).to.deep.equal(['libtorch-2.15.0-linux-x64-cpu']);
    expect(readManifest(index.set)).to.deep.include({ version: '2.15.0', platform: triple, kind: 'cpu' });
    expect(await verifySet(index.set)).to.deep.equal([]);
  });

  it('fetches nothing the second time', async () => {
    await run({ headers: true });
    await index.empty();
    expect(await run({ headers: true })).to.deep.include({ fetched: [] });
  });

  it('adds the headers later, and leaves what is verified as it is', async () => {
    const { libDir } = await run();
    const before = statSync(join(libDir, 'libtorch_cpu.so')).ino;
    const { fetched, includeDir } = await run({ headers: true });
    expect(fetched).to.deep.equal([index.pin.wheels[0]!.file]);
    expect(existsSync(join(includeDir, 'torch/script.h'))).to.equal(true);
    expect(statSync(join(libDir, 'libtorch_cpu.so')).ino).to.equal(before);
    expect(readManifest(index.set)?.headers?.count).to.equal(2);
    expect(await verifySet(index.set)).to.deep.equal([]);
  });

  it('keeps the licences, and fetches wheels for them alone where a set of before has none', async () => {
    const { libDir } = await run();
    const licences = join(index.set, 'licenses');
    expect(await readFile(join(licences, 'torch/LICENSE'), 'utf8')).to.equal('The licence of torch\n');
    expect(Object.keys(readManifest(index.set)!.files).filter((name) => !name.startsWith('lib/'))).to.deep.equal([]);
    expect((await run({ licences: true })).fetched).to.deep.equal([]);
    const before = statSync(join(libDir, 'libtorch_cpu.so')).ino;
    await rm(licences, { recursive: true });
    expect((await run()).fetched).to.deep.equal([]);
    expect((await run({ licences: true })).fetched).to.have.length(2);
    expect(readdirSync(licences).sort()).to.deep.equal(['nvidia-cuda-runtime', 'torch']);
    expect(statSync(join(libDir, 'libtorch_cpu.so')).ino).to.equal(before);
    expect(await verifySet(index.set)).to.deep.equal([]);
  });

  it('fetches a library again whose size is not the recorded one', async () => {
    const { libDir } = await run();
    await truncate(join(libDir, 'libcudart.so.13'), 2);
    expect((await run()).fetched).to.deep.equal([index.pin.wheels[1]!.file]);
    expect(await readFile(join(libDir, 'libcudart.so.13'), 'utf8')).to.equal('cudart');
  });

  it('refuses a tampered wheel and keeps nothing of it', async () => {
    await appendFile(index.path(0), 'x');
    const error = await rejection(() => run(), 'ERR_INTEGRITY');
    expect(error.message).to.contain(index.pin.wheels[0]!.file).and.contain(index.pin.wheels[0]!.sha256);
    expect(leftovers()).to.deep.equal([]);
  });

  it('refuses a truncated wheel, and keeps the verified one for the next run', async () => {
    await truncate(index.path(1), 100);
    const error = await rejection(() => run(), 'ERR_DOWNLOAD');
    expect(error.message).to.contain('nvidia-cuda-runtime 2.15.0').and.contain('pip download');
    expect(leftovers()).to.deep.equal(['downloads']);
    expect(readdirSync(join(index.cache, 'downloads'))).to.deep.equal([index.pin.wheels[0]!.file]);
  });

  it('refuses a wheel without a file that it should have', async () => {
    const [torch, cudart] = index.pin.wheels as [(typeof index.pin.wheels)[0], (typeof index.pin.wheels)[0]];
    const files = [...torch.files, { from: 'torch/lib/libgomp.so.1', to: 'lib/libgomp.so.1' }];
    const error = await rejection(
      () => run({ pin: { ...index.pin, wheels: [{ ...torch, files }, cudart] } }),
      'ERR_INTEGRITY',
    );
    expect(error.message).to.contain('torch/lib/libgomp.so.1');
    expect(existsSync(index.set)).to.equal(false);
  });

  it('says what pip said when the package cannot be had', async () => {
    await index.empty();
    const error = await rejection(() => run(), 'ERR_DOWNLOAD');
    expect(error.message).to.match(
      /torch 2\.15\.0: pip ended with 1\n[^]*No matching distribution[^]*fix: .*pip config list/,
    );
  });

  it('runs at the same time without harm', async () => {
    const results = await Promise.all([run({ headers: true }), run({ headers: true }), run()]);
    expect(new Set(results.map(({ set }) => set))).to.deep.equal(new Set([index.set]));
    expect(leftovers()).to.deep.equal(['libtorch-2.15.0-linux-x64-cpu']);
    expect(readManifest(index.set)?.headers?.count).to.equal(2);
    expect(await verifySet(index.set)).to.deep.equal([]);
  });

  it('leaves nothing behind when it is stopped during a fetch', async () => {
    const bin = join(index.cache, '..', 'bin');
    const pid = join(index.cache, '..', 'pid');
    await mkdir(bin);
    await writeFile(
      join(bin, 'python3'),
      `#!/bin/sh\n[ "$3" = --version ] && exit 0\necho half > "$TMPDIR/half.whl"\necho $$ > ${pid}\nexec sleep 60\n`,
    );
    await chmod(join(bin, 'python3'), 0o755);
    const stop = new AbortController();
    const elsewhere = join(index.cache, '..', 'temporary');
    await mkdir(elsewhere);
    const env = { ...index.env, TMPDIR: elsewhere, PATH: `${bin}:${process.env.PATH ?? ''}` };
    const running = run({ env, signal: stop.signal });
    while (!existsSync(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
    const reason = new Error('stopped');
    stop.abort(reason);
    expect(await running.catch((error: unknown) => error)).to.equal(reason);
    expect(leftovers()).to.deep.equal([]);
    expect(existsSync(join(elsewhere, 'half.whl'))).to.equal(false);
    expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0), 'pip is gone').to.throw('ESRCH');
  });

  it('sweeps what a killed run left, and not what a running one works on', async () => {
    const quietFor = async (name: string, hours: number) => {
      await mkdir(join(index.cache, name), { recursive: true });
      const past = new Date(Date.now() - hours * 3600_000);
      await utimes(join(index.cache, name), past, past);
    };
    const [alive, elsewhere] = [`.tmp-${owner}-abc`, '.tmp-other.host-12-abc'];
    await quietFor(`.tmp-${ownerName(4194303)}-abc`, 0);
    await quietFor('.tmp-other.host-11-abc', 7);
    await quietFor(alive, 7);
    await quietFor(elsewhere, 1);
    await run();
    expect(leftovers().sort()).to.deep.equal([alive, elsewhere, 'libtorch-2.15.0-linux-x64-cpu'].sort());
  });
});
