import { expect } from 'chai';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, ModelHost, ModelRegistry, runtime, Tensor } from 'node-libtorch';
import { isClose } from '#dist/model/row-compare.js';
import { fixture, root } from '../../support/paths.js';

const x = Tensor.from([
  [0.5, -1, 2, 0.25],
  [1, 2, 3, 4],
]);

const { bfloat16 } = await runtime.info();

describe('precision', () => {
  const why = bfloat16 ? '' : ' (skipped: this CPU has neither AVX512_BF16 nor AMX)';
  it(`bf16 answers as fp32 does, within 1e-2, in float32 and in its own dtype${why}`, async function () {
    if (!bfloat16) this.skip();
    await using exact = await loadModel(fixture('torchscript/linear.pt'), { device: 'cpu' });
    const expected = await exact.run(x);
    for (const [outputDtype, dtype] of [
      ['float32', 'float32'],
      ['native', 'bfloat16'],
    ] as const) {
      const options = { device: 'cpu', precision: 'bf16', outputDtype } as const;
      await using model = await loadModel(fixture('torchscript/linear.pt'), options);
      const y = await model.run(x);
      expect(y.dtype).to.equal(dtype);
      expect(isClose(y.toFloat32(), expected, { absolute: 0, relative: 1e-2 })).to.equal(true);
      expect(model.info.precision).to.equal('bf16');
      expect(model.info.parameterBytes).to.equal(exact.info.parameterBytes / 2);
    }
  });

  it('fp32 of a half-precision model: inputs of any float dtype, outputs float32, twice the bytes', async () => {
    for (const file of ['linear_float16.pt', 'linear_bfloat16.pt']) {
      await using half = await loadModel(fixture(`torchscript/${file}`), { device: 'cpu' });
      await using full = await loadModel(fixture(`torchscript/${file}`), { device: 'cpu', precision: 'fp32' });
      expect(full.info.parameterBytes).to.equal(2 * half.info.parameterBytes);
      const dtype = file.includes('bfloat16') ? 'bfloat16' : 'float16';
      const expected = (await half.run(Tensor.from(x.toArray(), dtype))).toFloat32();
      for (const input of ['float32', 'float64', 'float16', 'bfloat16'] as const) {
        const y = await full.run(Tensor.from(x.toArray(), input));
        expect(y.dtype).to.equal('float32');
        expect(isClose(y, expected, { absolute: 0, relative: 1e-2 }), `${file} ${input}`).to.equal(true);
      }
    }
  });

  it('a record’s tolerance decides whether rows count as independent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-tolerance-'));
    try {
      const verdictWith = async (tolerance: object | undefined): Promise<boolean> => {
        const registry = await registryWith(folder, tolerance);
        await using host = await ModelHost.open({ registry, models: [{ name: 'mixing', batching: {} }] });
        return host.model().queue !== undefined;
      };
      expect(await verdictWith(undefined), 'the default').to.equal(false);
      expect(await verdictWith({ auto: { absolute: 1e9, relative: 0 } }), 'of the precision').to.equal(true);
      expect(await verdictWith({ fp32: { absolute: 1e9, relative: 0 } }), 'fp32 stands for auto').to.equal(true);
      expect(await verdictWith({ bf16: { absolute: 1e9, relative: 0 } }), 'of another precision').to.equal(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** A registry whose one model mixes the rows of a batch. */
async function registryWith(folder: string, tolerance: object | undefined): Promise<ModelRegistry> {
  const artifact = fixture('torchscript/row_mixing.pt');
  const bytes = await readFile(artifact);
  const digits = JSON.parse(await readFile(`${root}model-registry/mnist-mlp/v1.0/metadata.json`, 'utf8')) as object;
  const record = {
    ...digits,
    name: 'mixing',
    artifact: { file: 'model.pt', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
    signature: {
      inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [null, 4] }],
    },
    task: { type: 'other' },
    trainingStatistics: undefined,
    tolerance,
  };
  const [registryDir, modelsDir] = [join(folder, 'registry'), join(folder, 'models')];
  for (const dir of [registryDir, modelsDir]) await mkdir(join(dir, 'mixing/v1.0'), { recursive: true });
  await writeFile(join(registryDir, 'mixing/v1.0/metadata.json'), JSON.stringify(record));
  await cp(artifact, join(modelsDir, 'mixing/v1.0/model.pt'));
  return ModelRegistry.open({ registryDir, modelsDir });
}
