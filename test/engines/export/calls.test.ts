import { expect } from 'chai';
import { loadModel, Tensor, type Model, type Value } from 'node-libtorch';
import { describeSpec } from '#dist/signature/spec.js';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';

const float = (...shape: number[]): Tensor => Tensor.zeros(shape);

describe('calls of exported programs', () => {
  const models = new Map<string, Promise<Model>>();
  const load = (name: string): Promise<Model> => {
    const model = models.get(name) ?? loadModel(fixture(`export/${name}.pt2`));
    models.set(name, model);
    return model;
  };
  after(async () => {
    for (const model of models.values()) await (await model).dispose();
  });
  const refused = async (name: string, args: readonly Value[], code: string, said: RegExp): Promise<void> => {
    const model = await load(name);
    const before = model.pending;
    expect((await rejection(() => model.call('forward', args), code)).message).to.match(said);
    expect(model.pending).to.equal(before);
  };
  const specs = async (name: string): Promise<string[]> =>
    ((await load(name)).signature?.inputs ?? []).map((spec) => `${spec.name}: ${describeSpec(spec)}`);
  const results = async (name: string): Promise<string[]> =>
    ((await load(name)).signature?.outputs ?? []).map((spec) => `${spec.name}: ${describeSpec(spec)}`);

  it('have a signature out of the file: names, dtypes, sizes, their names and bounds', async () => {
    expect(await specs('mlp')).to.deep.equal(['x: float32 [s77 1..64, 4]']);
    expect(await results('mlp')).to.deep.equal(['output: float32 [s77 1..64, 3]']);
    expect(await specs('derived')).to.deep.equal([
      'half: float32 [s76 1..32, 2]',
      'whole: float32 [2*s76 0..64, 2]',
      'more: float32 [s76 + 1 0..33]',
    ]);
    expect(await results('symbols')).to.deep.equal([
      '0: float32 [(3*s77 + 1) // 4 + 2 3..50]',
      '1: float32 [s77 % 3 + 2 2..4, Max(2, Min(5, s77)) 2..5]',
      '2: float32 [6*s77 6..384, 2]',
    ]);
    expect(await results('results')).to.deep.equal([
      '0: float32 [s77 1..64, 3]',
      ...['1: NoneType', '2: int', '3: bool', '4: float', '5: int'],
    ]);
    expect((await load('nested')).info.methods).to.deep.include({
      name: 'forward',
      args: ['features.ids', 'features.sides.0', 'features.sides.1', 'scale'].map((name) => ({
        ...{ name, type: 'Tensor', hasDefault: false },
      })),
      returns: ['Dict[str, Any]'],
    });
  });

  it('take the same call flat, by the names of the signature, and nested', async () => {
    const model = await load('nested');
    const ids = Tensor.from([[1n, 2n]]);
    const [left, right, scale] = [Tensor.from([[1, 2, 3]]), Tensor.from([[4, 5, 6]]), Tensor.from([[2]])];
    const answers = [
      await model.call('forward', [ids, left, right, scale]),
      await model.call('forward', { 'features.ids': ids, 'features.sides.0': left, 'features.sides.1': right, scale }),
      await model.call('forward', { scale, features: { sides: [left, right], ids } }),
    ];
    expect(Object.keys(answers[0] as object)).to.deep.equal(['sum', 'parts', 'nothing']);
    for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
    await rejection(() => model.call('forward', { scale, features: { sides: [left], ids } }), 'ERR_INVALID_INPUT');
    await rejection(() => model.call('forward', { scale, features: { sides: [left, right] } }), 'ERR_INVALID_INPUT');
  });

  it('fill in what was fixed at the export, and take nothing else for it', async () => {
    const model = await load('optional');
    const [x, y] = [float(2, 3), float(2, 3)];
    const wanted = await model.call('forward', [x, null, [null, y]]);
    expect(await model.call('forward', [x, y])).to.deep.equal(wanted);
    expect(await model.call('forward', { x, 'pair.1': y })).to.deep.equal(wanted);
    await refused('optional', [x, y, [null, y]], 'ERR_INVALID_INPUT', /Expected null, which was compiled in/);
  });

  it('are checked by rank, dtype, size and range before anything runs', async () => {
    await refused('mlp', [float(4)], 'ERR_INVALID_SHAPE', /\[s77 1\.\.64, 4\] for x but received \[4\]/);
    await refused('mlp', [float(1, 5)], 'ERR_INVALID_SHAPE', /received \[1, 5\]/);
    await refused('mlp', [float(0, 4)], 'ERR_INVALID_SHAPE', /1\.\.64/);
    await refused('mlp', [float(65, 4)], 'ERR_INVALID_SHAPE', /1\.\.64/);
    await refused('mlp', [Tensor.from([[1n, 2n, 3n, 4n]])], 'ERR_INVALID_DTYPE', /float32 for x but received int64/);
    await refused('mlp', [1], 'ERR_INVALID_INPUT', /a float32 tensor for x/);
    await refused('mlp', [], 'ERR_INVALID_INPUT', /the arguments x/);
    const [ids, mask] = [Tensor.from([[1n, 2n]]), Tensor.from([[true]])];
    await refused('tokens', [ids, mask], 'ERR_INVALID_SHAPE', /one size for the dimensions called s27/);
  });

  it('hold sizes that follow from others to what they must be', async () => {
    const model = await load('derived');
    expect((await model.call<Tensor>('forward', [float(3, 2), float(6, 2), float(4)])).shape).to.deep.equal([6, 2]);
    await refused(
      'derived',
      [float(3, 2), float(5, 2), float(4)],
      'ERR_INVALID_SHAPE',
      /Expected 2\*s76 for dimension 0 of whole, where s76 is 3 \(dimension 0 of half\), but received 5/,
    );
    await refused(
      'derived',
      [float(3, 2), float(6, 2), float(3)],
      'ERR_INVALID_SHAPE',
      /Expected s76 \+ 1 .* received 3/,
    );
    await refused('product', [float(3, 2), float(5)], 'ERR_INVALID_SHAPE', /Expected s27\*s77 for dimension 0 of flat/);
    expect((await (await load('product')).call<Tensor>('forward', [float(3, 2), float(6)])).shape).to.deep.equal([6]);
    await refused('square', [float(3, 4)], 'ERR_INVALID_SHAPE', /one size for the dimensions called s27/);
  });

  it('hold to what PyTorch has assumed at the export, and to no more', async () => {
    await refused(
      'even',
      [float(3, 3)],
      'ERR_INVALID_SHAPE',
      /Expected x\.shape\[0\] % 2 == 0, .* received 3 for dimension 0 of x/,
    );
    await refused('fours', [float(6, 3)], 'ERR_INVALID_SHAPE', /% 12 == 0/);
    expect((await (await load('fours')).run(float(8, 3))).shape).to.deep.equal([2, 3]);
    // A least size of 2 is what PyTorch writes where nobody said one, and it runs with 0 and 1.
    expect((await (await load('even')).run(float(0, 3))).shape).to.deep.equal([0, 3]);
    expect((await load('even')).info.warnings).to.deep.equal([]);
    expect((await load('taken')).info.warnings).to.deep.equal([]);
  });

  it('say which input nothing reads, as where the example had one tensor for two arguments', async () => {
    const model = await load('given_twice');
    const [ones, zeros] = [Tensor.full([1, 3], 1), float(1, 3)];
    const [first] = (await model.run([ones, zeros])).data;
    const [last] = (await model.run([zeros, ones])).data;
    expect([first, last], 'what PyTorch answers').to.have.members([1, 12]);
    const unread = first === 12 ? 'y' : 'x';
    expect(model.info.warnings).to.have.length(1);
    expect(model.info.warnings[0]).to.match(
      new RegExp(`^Nothing in the program reads the elements of the input ${unread}, .*given for two arguments`),
    );
  });

  it('take numbers where the program does', async () => {
    const model = await load('taken');
    expect((await model.call<Tensor>('forward', [float(5, 3), 2, float(2)])).shape).to.deep.equal([2, 3]);
    expect((await model.call<Tensor>('forward', { x: float(5, 3), count: 3n, more_0: float(2) })).shape).to.deep.equal([
      3, 3,
    ]);
    for (const [count, code, said] of [
      [1.5, 'ERR_INVALID_INPUT', /a whole number for count/],
      ['2', 'ERR_INVALID_INPUT', /a whole number for count/],
      [float(1), 'ERR_INVALID_INPUT', /a whole number for count/],
      [-1, 'ERR_OUT_OF_RANGE', /for count but received a smaller one/],
      [6, 'ERR_INVALID_SHAPE', /count <= x\.shape\[0\]/],
    ] as const) {
      await refused('taken', [float(5, 3), count, float(2)], code, said);
    }
  });

  it('warm up and make examples of their own, numbers and sizes that follow from others among them', async () => {
    for (const name of ['mlp', 'nested', 'derived', 'taken', 'product', 'tokens', 'scalars', 'attention']) {
      const model = await load(name);
      expect((await model.warmup()).runs, name).to.be.above(0);
    }
  });
});
