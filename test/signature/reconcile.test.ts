import { expect } from 'chai';
import type { Signature, Tensor, TensorSpec } from 'node-libtorch';
import { exampleArguments, exampleSpecs } from '#dist/signature/example.js';
import { reconcile } from '#dist/signature/reconcile.js';
import { schemaSignature } from '#dist/signature/torch-type.js';
import { rejection } from '../support/errors.js';

const ids: TensorSpec = {
  name: 'ids',
  dtype: 'int64',
  shape: [null, null],
  symbols: ['batch', 'sequence'],
  bounds: [
    { min: 1, max: 64 },
    { min: 2, max: Infinity },
  ],
};
const scale: TensorSpec = { name: 'scale', dtype: 'float32', shape: [], optional: true };
const logits: TensorSpec = { name: 'logits', dtype: 'float32', shape: [null, 3] };
const artifact: Signature = { inputs: [ids, scale], outputs: [logits] };
const given = (change: Partial<TensorSpec>, { name, dtype, shape }: TensorSpec = ids): Signature => ({
  inputs: [{ name, dtype, shape, ...change }],
  outputs: [],
});

describe('reconcile', () => {
  it('takes the one there is', () => {
    expect(reconcile(artifact, undefined)).to.equal(artifact);
    expect(reconcile(undefined, artifact)).to.equal(artifact);
    expect(reconcile(undefined, undefined)).to.equal(undefined);
  });

  it('refuses to make a required input optional: the model would run without it', () =>
    rejection(() => reconcile(artifact, given({ optional: true })), 'ERR_SIGNATURE_MISMATCH'));

  it('adds what the given one knows to what the artifact knows', () => {
    const task = { type: 'other' } as const;
    const labels = ['a', 'b', 'c'];
    const outputs = [{ ...logits, labels }];
    const signature = reconcile(artifact, { inputs: [{ ...ids, range: [0, 9] }, scale], outputs, task });
    expect(signature).to.deep.equal({ inputs: [{ ...ids, range: [0, 9] }, scale], outputs, task });
    // What the given one leaves open is the artifact's: names and bounds of dimensions, optional inputs, outputs.
    expect(reconcile(artifact, given({ dtype: null, shape: null }))).to.deep.equal({
      inputs: [ids],
      outputs: [logits],
    });
  });

  it('lets the given one narrow', () => {
    const bounds = [{ min: 1, max: 8 }, null];
    const narrowed = reconcile(artifact, given({ bounds }))?.inputs[0];
    expect(narrowed?.bounds).to.deep.equal([bounds[0], ids.bounds?.[1]]);
    const fixed = reconcile(artifact, given({ shape: [4, 7] }))?.inputs[0];
    expect(fixed)
      .to.deep.include({ shape: [4, 7], symbols: ids.symbols })
      .and.not.have.property('bounds');
  });

  it('lets the given one narrow a range that the artifact has, and not widen it', async () => {
    const own = { inputs: [{ ...scale, range: [0, 1] as const }], outputs: [] };
    const withRange = (...range: [number, number]) => ({ inputs: [{ ...scale, range }], outputs: [] });
    expect(reconcile(own, { inputs: [scale], outputs: [] })?.inputs[0]?.range).to.deep.equal([0, 1]);
    expect(reconcile(own, withRange(0, 0.5))?.inputs[0]?.range).to.deep.equal([0, 0.5]);
    expect(reconcile(own, withRange(0, 1))?.inputs[0]?.range).to.deep.equal([0, 1]);
    for (const wider of [withRange(-1, 1), withRange(0, 2)]) {
      const error = await rejection(() => reconcile(own, wider), 'ERR_SIGNATURE_MISMATCH');
      expect(error.message).to.match(/a range within \[0, 1\] for scale/);
    }
  });

  const contradictions: [string, Signature, RegExp][] = [
    ['another name', given({ name: 'tokens' }), /names ids, scale.*tokens/],
    ['another dtype', given({ dtype: 'int32' }), /dtype int64 for ids.*int32/],
    ['another rank', given({ shape: [null] }), /\[batch 1\.\.64, sequence 2\.\.\] for ids.*\[\?\]/],
    ['a size outside the bounds', given({ shape: [65, null] }), /\[65, \?\]/],
    ['wider bounds', given({ bounds: [{ min: 1, max: 65 }, null] }), /1\.\.65/],
    ['bounds that begin earlier', given({ bounds: [null, { min: 1, max: 9 }] }), /1\.\.9/],
    ['a type that is no tensor', given({ type: 'int', dtype: null, shape: null }), /a tensor for ids.*int/],
    ['no inputs', { inputs: [], outputs: [] }, /inputs ids, scale.*none/],
    ['a missing input', { inputs: [scale], outputs: [] }, /inputs ids, scale.*scale/],
    ['the inputs in another order', { inputs: [scale, ids], outputs: [] }, /order ids, scale/],
    ['too many outputs', { ...given({}), outputs: [logits, { ...logits, name: 'more' }] }, /1 outputs.*2/],
    ['another output', { ...given({}), outputs: [{ ...logits, name: 'scores' }] }, /logits for outputs\[0\].*scores/],
    ['an output of another size', { ...given({}), outputs: [{ ...logits, shape: [null, 4] }] }, /\[\?, 3\].*\[\?, 4\]/],
    ['an output of any size', { ...given({}), outputs: [{ ...logits, shape: [null, null] }] }, /\[\?, 3\].*\[\?, \?\]/],
  ];
  for (const [what, signature, why] of contradictions) {
    it(`refuses ${what}`, async () => {
      const error = await rejection(() => reconcile(artifact, signature), 'ERR_SIGNATURE_MISMATCH');
      expect(error.message).to.match(why);
    });
  }

  describe('with names that are only those of arguments', () => {
    const method = (args: string[], returns: string) => [
      {
        name: 'forward',
        args: args.map((text) => {
          const [name = '', type = 'Tensor', hasDefault] = text.split(/: | = /);
          return { name, type, hasDefault: hasDefault !== undefined };
        }),
        returns: [returns],
      },
    ];
    const own = schemaSignature(method(['x', 'mask: Optional[Tensor] = None', 'rate: int = 1'], 'Tensor'));
    const tensor = (name: string): TensorSpec => ({ name, dtype: 'float32', shape: [null, 2] });
    const rename = (...inputs: TensorSpec[]) => reconcile(own, { inputs, outputs: [] }, { mayRename: true });

    it('reads them from the schema', () => {
      const open = { dtype: null, shape: null };
      expect(own).to.deep.equal({
        inputs: [
          { name: 'x', ...open },
          { name: 'mask', ...open, type: 'Optional[Tensor]', optional: true },
          { name: 'rate', ...open, type: 'int', optional: true },
        ],
        outputs: [{ name: 'output', ...open }],
      });
      expect(schemaSignature([])).to.equal(undefined);
      const tuple = schemaSignature(method([], 'Tuple[Tensor, List[Tensor]]'))?.outputs;
      expect(tuple).to.deep.equal([
        { name: 'output_0', ...open },
        { name: 'output_1', ...open, type: 'List[Tensor]' },
      ]);
    });

    it('takes other names, in order, and tensors where a tensor may stand', () => {
      expect(rename(tensor('image'))?.inputs).to.deep.equal([tensor('image')]);
      expect(rename(tensor('image'), tensor('hint'))?.inputs[1]).to.deep.equal({ ...tensor('hint'), optional: true });
      const rate = { name: 'rate', dtype: null, shape: null, type: 'int' };
      expect(rename(tensor('x'), rate)?.inputs[1]).to.deep.equal({ ...rate, optional: true });
    });

    it('refuses what forward cannot take', async () => {
      const wrong: TensorSpec[][] = [
        [],
        [tensor('mask')],
        [tensor('a'), tensor('b'), tensor('c')], // c would be an int
        [tensor('a'), tensor('b'), tensor('c'), tensor('d')],
        [tensor('mask'), tensor('x')],
        [tensor('x'), tensor('rate')],
      ];
      for (const inputs of wrong) await rejection(() => rename(...inputs), 'ERR_SIGNATURE_MISMATCH');
    });

    it('holds the number of outputs to a tuple, and to nothing that shows only in a run', async () => {
      const outputs = [tensor('a'), tensor('b')];
      const of = (returns: string) =>
        reconcile(schemaSignature(method(['x'], returns)), { inputs: [tensor('x')], outputs }, { mayRename: true });
      expect(of('Tuple[Tensor, Tensor]')?.outputs).to.deep.equal(outputs);
      expect(of('Dict[str, Tensor]')?.outputs).to.deep.equal(outputs);
      await rejection(() => of('Tensor'), 'ERR_SIGNATURE_MISMATCH');
      await rejection(() => of('Tuple[Tensor, Tensor, Tensor]'), 'ERR_SIGNATURE_MISMATCH');
    });
  });
});

describe('examples', () => {
  const shapes = (inputs: readonly TensorSpec[], rows: number) =>
    Object.values(exampleArguments(exampleSpecs({ inputs, outputs: [] }) ?? [], rows)).map(
      (made) => (made as Tensor).shape,
    );

  it('keep to bounds and to names of dimensions, and leave optional inputs out', () => {
    const mask: TensorSpec = { name: 'mask', dtype: 'bool', shape: [null, 5, null], symbols: ['sequence', null, null] };
    expect(shapes([ids, mask, scale], 3)).to.deep.equal([
      [3, 2],
      [2, 5, 1],
    ]);
    expect(shapes([ids], 100)).to.deep.equal([[64, 2]]);
  });

  it('are not made of what a signature does not say', () => {
    const of = (change: Partial<TensorSpec>) =>
      exampleSpecs({ inputs: [{ ...scale, optional: false, ...change }], outputs: [] });
    expect(of({})).to.have.length(1);
    expect(of({ type: 'Optional[Tensor]' })).to.have.length(1);
    for (const change of [{ dtype: null }, { shape: null }, { type: 'int' }]) expect(of(change)).to.equal(undefined);
    expect(exampleSpecs(undefined)).to.equal(undefined);
  });
});
