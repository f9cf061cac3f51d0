import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel, Tensor, type Model } from 'node-libtorch';
import { readPackage } from '#dist/engines/aoti/package-files.js';
import { readEntry } from '#dist/engines/pt2/entries.js';
import { fixture } from '../../support/paths.js';
import { recordedCases } from '../../support/recorded.js';

const files = readdirSync(fixture('aoti')).filter((name) => name.endsWith('.pt2'));

describe('calls of compiled packages', () => {
  const models = new Map<string, Promise<Model>>();
  const load = (file: string): Promise<Model> => {
    const model = models.get(file) ?? loadModel(fixture(`aoti/${file}`));
    models.set(file, model);
    return model;
  };
  after(async () => {
    for (const model of models.values()) await (await model).dispose();
  });

  it('covers every package', () => {
    const covered = new Set(recordedCases('aoti').map(({ file }) => file));
    expect(files.filter((file) => !covered.has(file))).to.deep.equal(['slow.pt2']);
    expect(files.length).to.be.at.most(12);
  });

  it('takes the same call flat, by the names of the signature, and nested', async () => {
    const model = await load('nested.pt2');
    expect(model.signature?.inputs.map(({ name }) => name)).to.deep.equal([
      'features.ids',
      'features.sides.0',
      'features.sides.1',
      'scale',
    ]);
    expect(model.signature?.outputs[2]).to.deep.include({ name: 'parts.1', dtype: 'int64', shape: [null, 2] });
    const ids = Tensor.from([[1n, 2n]]);
    const [left, right, scale] = [Tensor.from([[1, 2, 3]]), Tensor.from([[4, 5, 6]]), Tensor.from([[2]])];
    const answers = [
      await model.call('forward', [ids, left, right, scale]),
      await model.call('forward', {
        'features.ids': ids,
        'features.sides.0': left,
        'features.sides.1': right,
        scale,
      }),
      await model.call('forward', { scale, features: { sides: [left, right], ids } }),
    ];
    const expected = {
      sum: new Tensor('float32', Float32Array.of(10, 14, 18), [1, 3]),
      parts: [new Tensor('float32', Float32Array.of(2, 4, 6), [1, 3]), Tensor.from([[2n, 3n]])],
    };
    for (const answer of answers) expect(answer).to.deep.equal(expected);
  });

  it('says what forward returns, in a type of TorchScript', async () => {
    const returns = async (file: string) => (await load(file)).info.methods.map(({ name, returns }) => [name, returns]);
    expect(await returns('mlp.pt2')).to.deep.equal([['forward', ['Tensor']]]);
    expect(await returns('tokens.pt2')).to.deep.equal([['forward', ['Tuple[Tensor, Tensor]']]]);
    expect(await returns('nested.pt2')).to.deep.equal([['forward', ['Dict[str, Any]']]]);
  });

  it('an argument that was compiled in may be left out by name, and be nothing else', async () => {
    const model = await load('constants.pt2');
    const x = Tensor.from([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const answer = await model.call<Tensor>('forward', { x, bias: x });
    expect([...answer.data]).to.deep.equal([2, 6, 12, 20, 30, 42]);
  });
});

describe('the packages in test/fixtures', () => {
  for (const file of files) {
    it(`${file} is small and holds no path of the machine that made it`, async () => {
      const path = fixture(`aoti/${file}`);
      expect(statSync(path).size).to.be.below(150 * 1024);
      const { archive } = await readPackage(readFileSync(path));
      for (const entry of archive.entries) {
        const text = (await readEntry(archive, entry)).toString('latin1');
        expect(text.match(/\/(?:root|home|tmp|work|usr|opt|Users)\/[\w.+-]+/g), entry.name).to.equal(null);
      }
    });
  }
});
