/**
 * A signed version under attack: flipped bits, and a thread that exchanges the artifact while it loads. How many of each is
 * SIGNING_FLIPS (600 in the whole run) and SIGNING_RACES (10000).
 */
import { expect } from 'chai';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { loadModel, LoadPolicy, ModelHost, ModelRegistry, signFolder, Tensor, TorchError } from 'node-libtorch';
import { fixture, root } from '../support/paths.js';
import { seeded } from '../support/random.js';
import { pair } from '../registry/signing/support.js';

const flips = Number(process.env.SIGNING_FLIPS ?? 60);
const races = Number(process.env.SIGNING_RACES ?? 300);
const [name, version] = ['mnist-mlp', 'v1.0'];

describe('a signed version', function () {
  this.timeout(1_800_000);
  let folder: string;
  let registry: ModelRegistry;
  let policy: LoadPolicy;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signed-'));
    const [registryDir, modelsDir] = [join(folder, 'model-registry'), join(folder, 'models')];
    await cp(join(root, 'model-registry', name), join(registryDir, name), { recursive: true });
    await cp(join(root, 'models', name), join(modelsDir, name), { recursive: true });
    registry = await ModelRegistry.open({ registryDir, modelsDir });
    const { key, pub } = pair();
    await registry.sign(name, version, { key });
    policy = await LoadPolicy.open({ require: 'signature', publicKeys: [pub] });
  });
  after(() => rm(folder, { recursive: true }));

  const start = () => ModelHost.open({ registry, models: [{ name, warmup: false }], policy, quarantineAfter: false });

  it('is served', async () => {
    await (await start()).close();
  });

  for (const [what, codes] of [
    ['model.pt', ['ERR_INTEGRITY']],
    ['digit.json', ['ERR_SIGNATURE_INVALID']],
    ['model.sig', ['ERR_SIGNATURE_INVALID']],
    // What is no record any more is refused as that.
    ['metadata.json', ['ERR_SIGNATURE_INVALID', 'ERR_MANIFEST']],
  ] as const) {
    it(`is refused with any bit of ${what} flipped`, async () => {
      const beside = what.endsWith('.sig') || what.startsWith('metadata');
      const path = join(folder, beside ? 'model-registry' : 'models', name, version, what);
      const good = await readFile(path);
      const below = seeded(7);
      const seen = new Map<string, number>();
      for (let i = 0; i < flips; i++) {
        const bad = Buffer.from(good);
        const [at, bit] = [below(good.length), below(8)];
        bad[at]! ^= 1 << bit;
        await writeFile(path, bad);
        const outcome = await start().then(
          async (host) => {
            await host.close();
            return `bit ${bit} of byte ${at} was served`;
          },
          (error: unknown) => (error as TorchError).code,
        );
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }
      await writeFile(path, good);
      const refused = codes.reduce((sum, code) => sum + (seen.get(code) ?? 0), 0);
      expect(refused, JSON.stringify([...seen])).to.equal(flips);
    });
  }

  it('is a file by itself too, with weights beside it that are signed', async () => {
    const place = join(folder, 'by-itself');
    await cp(fixture('onnx/external.onnx'), join(place, 'model.onnx'));
    const weights = join(place, 'weights.bin');
    await cp(fixture('onnx/weights.bin'), weights);
    const { key, pub } = pair('P-384');
    const { bundle } = await signFolder(place, { key, subject: 'external', ignorePaths: ['model.sig'] });
    await writeFile(join(place, 'model.sig'), bundle);
    const own = await LoadPolicy.open({ require: 'signature', publicKeys: [pub] });
    const open = () => ModelHost.open({ models: [{ file: join(place, 'model.onnx') }], policy: own });
    await (await open()).close();
    await writeFile(weights, (await readFile(weights)).reverse());
    const refused = await open().then(
      () => 'served',
      (error: unknown) => (error as TorchError).code,
    );
    expect(refused).to.equal('ERR_SIGNATURE_INVALID');
  });

  it('never loads a byte that was not signed, whoever exchanges files meanwhile', async () => {
    const place = join(folder, 'models', name, version, 'model.pt');
    const [good, evil] = [join(folder, 'good.pt'), join(folder, 'evil.pt')];
    await cp(place, good);
    // A model that loads as well, and another that has the size of the good one.
    await cp(fixture('torchscript/linear.pt'), evil);
    const damaged = join(folder, 'damaged.pt');
    const bytes = await readFile(good);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(damaged, bytes);
    const record = await registry.record(name, version);
    const stop = new SharedArrayBuffer(4);
    const renamer = new Worker(join(root, 'test/faults/children/racing-renamer.mjs'), {
      workerData: { files: [good, evil, good, damaged], place, scratch: join(folder, 'scratch'), stop },
    });
    const ended = once(renamer, 'message');
    const input = new Tensor('float32', new Float32Array(784).fill(0.5), [1, 784]);
    const known = await loadModel(good);
    const answer = [...(await known.run(input)).data];
    await known.dispose();
    const seen = { loaded: 0, refused: 0 };
    try {
      for (let i = 0; i < races; i++) {
        try {
          const { sha256 } = await policy.check({ name, version, record, registry });
          const model = await loadModel(place, { sha256: sha256! });
          const { data } = await model.run(input);
          expect([...data], 'the answer of the model that was signed').to.deep.equal(answer);
          await model.dispose();
          seen.loaded++;
        } catch (error) {
          if (!(error instanceof TorchError)) throw error;
          expect(error.code, error.message).to.equal('ERR_INTEGRITY');
          seen.refused++;
        }
      }
    } finally {
      Atomics.store(new Int32Array(stop), 0, 1);
      Atomics.notify(new Int32Array(stop), 0);
    }
    const [swaps] = (await ended) as [number];
    expect(seen.loaded + seen.refused).to.equal(races);
    // Both happen, or nobody raced.
    expect(seen.loaded, JSON.stringify({ ...seen, swaps })).to.be.above(races / 50);
    expect(seen.refused, JSON.stringify({ ...seen, swaps })).to.be.above(races / 50);
    if (process.env.SIGNING_RACES) console.log(JSON.stringify({ ...seen, swaps }));
    // The last that was put there may be a hard link to the good one, which is not copied onto itself.
    await rm(place);
    await cp(good, place);
  });
});
