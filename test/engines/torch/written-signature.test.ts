import { expect } from 'chai';
import { loadModel, Tensor, type Signature } from 'node-libtorch';
import { declarations } from '#dist/cli/types/declarations.js';
import { checkTorchScriptArchive } from '#dist/engines/torch/archive.js';
import { signatureIn, withWritten } from '#dist/engines/torch/written-signature.js';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
import { rawZip } from '../../support/raw-zip.js';
import { temporaryRegistry } from '../../support/temporary-registry.js';

const image = { name: 'image', dtype: 'float32', shape: [null, 4], symbols: ['batch', null], range: [0, 1] } as const;
const scores = { name: 'scores', dtype: 'float32', shape: [null, 3], symbols: ['batch', null] } as const;
const written = (signature: unknown, version: unknown = 1): string => JSON.stringify({ version, signature });
const signed = fixture('notes/signed.pt');

describe('a signature inside a TorchScript file', function () {
  this.timeout(60_000);

  it('is what the arguments of forward are checked against', async () => {
    await using model = await loadModel(signed, { device: 'cpu' });
    expect(model.signature).to.deep.equal({ inputs: [image], outputs: [scores] });
    expect((await model.run({ image: Tensor.zeros([2, 4]) })).shape).to.deep.equal([2, 3]);
    await rejection(() => model.run(Tensor.zeros([1, 5])), 'ERR_INVALID_SHAPE');
    const ids = new Tensor('int64', new BigInt64Array(4), [1, 4]);
    expect((await rejection(() => model.run(ids), 'ERR_INVALID_DTYPE')).hint).to.match(/float32/);
    const pixels = Tensor.from(
      Float32Array.from({ length: 64 }, (_, i) => 4 * i),
      [16, 4],
    );
    expect((await rejection(() => model.run(pixels), 'ERR_OUT_OF_RANGE')).hint).to.match(/divide by 255/);
    expect((await model.warmup()).rowIndependent).to.equal(true);
  });

  it('types the methods, and may be narrowed but not contradicted by what is given', async () => {
    const given = (dtype: 'float32' | 'float64'): Signature => ({ inputs: [{ name: 'x', dtype, shape: [1, 4] }], outputs: [] });
    await using model = await loadModel(signed, { device: 'cpu', signature: given('float32') });
    expect(model.signature?.inputs[0]).to.deep.include({ name: 'x', shape: [1, 4], range: [0, 1] });
    const text = declarations({ title: 'signed', info: model.info, signature: model.signature });
    expect(text).to.match(/readonly x: Tensor<'float32'>/);
    await rejection(() => loadModel(signed, { device: 'cpu', signature: given('float64') }), 'ERR_SIGNATURE_MISMATCH');
  }); // prettier-ignore

  it('of the exporter has the bounds and names of dynamic_shapes', async () => {
    await using model = await loadModel(fixture('notes/labelled.pt'), { device: 'cpu' });
    const [input] = model.signature?.inputs ?? [];
    expect(input).to.deep.include({ shape: [null, 4], symbols: ['batch', null], bounds: [{ min: 1, max: 64 }, null] });
    expect(model.signature?.outputs[0]?.shape).to.deep.equal([null, 3]);
  });

  it('is refused where the code says something else, by its name', async () => {
    const { message } = await rejection(() => loadModel(fixture('notes/contradicts.pt')), 'ERR_SIGNATURE_MISMATCH');
    expect(message).to.match(/as the model says, but the signature in its extra\/node_libtorch\.json has image, mask/);
  });

  describe('in a registry', () => {
    const current = temporaryRegistry();

    it('is that of the record, without a word of whoever adds it', async () => {
      const { record } = await current().registry.add(signed, { name: 'signed', version: 'v1.0' });
      expect(record.signature.inputs[0]).to.deep.include({ name: 'image', dtype: 'float32', shape: [null, 4], range: [0, 1] });
    }); // prettier-ignore
  });

  describe('as a text that nobody vouches for', () => {
    const nothing = [
      '',
      '{',
      'null',
      '[]',
      '5',
      '{"version":1}',
      written({ inputs: [image] }, 2),
      '{"version":1,"task":{}}',
    ];
    for (const text of nothing) {
      it(`says nothing: ${text.slice(0, 40)}`, () => expect(signatureIn(text)).to.equal(undefined));
    } // prettier-ignore

    const wrong: [string, unknown][] = [
      ['no object', 'x'],
      ['null', null],
      ['no inputs', {}],
      ['inputs that are no list', { inputs: { x: image } }],
      ['a spec that is no object', { inputs: [5] }],
      ['no name', { inputs: [{ dtype: 'float32' }] }],
      ['one name twice', { inputs: [image, image] }],
      ['a dtype that does not exist', { inputs: [{ ...image, dtype: 'float33' }] }],
      ['a negative size', { inputs: [{ ...image, shape: [-1, 4] }] }],
      ['a size that is a text', { inputs: [{ ...image, shape: ['batch', 4] }] }],
      ['symbols of another rank', { inputs: [{ ...image, symbols: ['batch'] }] }],
      ['bounds the wrong way round', { inputs: [{ name: 'x', shape: [null], bounds: [{ min: 3, max: 2 }] }] }],
      ['a range the wrong way round', { inputs: [{ ...image, range: [1, 0] }] }],
      ['an unknown member', { inputs: [{ ...image, rnage: [0, 1] }] }],
      ['a name with a line break', { inputs: [{ ...image, name: 'x\nerror' }] }],
      ['a name that turns the direction', { inputs: [{ ...image, name: 'x\u202e' }] }],
      ['a name without end', { inputs: [{ ...image, name: 'x'.repeat(300) }] }],
      ['a dimension with a line break', { inputs: [{ ...image, symbols: ['a\nb', null] }] }],
    ];
    for (const [what, signature] of wrong) {
      it(`is refused, with what was wrong: ${what}`, async () => {
        const { message } = await rejection(() => signatureIn(written(signature)), 'ERR_MODEL_FORMAT');
        expect(message).to.match(/^Expected a signature in extra\/node_libtorch\.json/);
        expect(message.split('\n')).to.have.length(2);
      });
    }

    it('is read whole: null is any, and no bound', () => {
      const text = written({ inputs: [{ name: 'x', shape: [null], bounds: [{ min: 2, max: null }] }, { name: 'n', type: 'int' }] });
      expect(signatureIn(text)).to.deep.equal({
        inputs: [
          { name: 'x', dtype: null, shape: [null], bounds: [{ min: 2, max: Infinity }] },
          { name: 'n', dtype: null, shape: null, type: 'int' },
        ],
        outputs: [],
      });
      expect(({} as Record<string, unknown>)['inputs']).to.equal(undefined);
      signatureIn('{"version":1,"__proto__":{"polluted":1}}');
      expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    }); // prettier-ignore

    it('says nothing of a file without forward', () => {
      expect(withWritten(undefined, signatureIn(written({ inputs: [image] })))).to.equal(undefined);
    });

    it('is not read where it has no end, and a warning says so', async () => {
      const core = ['data.pkl', 'constants.pkl'].map((name) => ({ name: `m/${name}`, body: Buffer.from('pickle') }));
      const at = async (name: string, bytes: number) =>
        (await checkTorchScriptArchive(rawZip([...core, { name, body: Buffer.alloc(bytes, ' ') }]))).notes;
      expect((await at('m/extra/node_libtorch.json', 2 ** 20)).text).to.have.length(2 ** 20);
      expect(await at('m/extra/node_libtorch.json', 2 ** 20 + 1)).to.have.all.keys('warning');
      expect(await at('m/extra/deeper/extra/node_libtorch.json', 10)).to.deep.equal({});
    });
  });
});
