import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { startAddon } from '#dist/engines/torch/started-addon.js';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
import { entriesIn, scratch } from '../../support/repack.js';
import { rawZip } from '../../support/raw-zip.js';

type Arg = Readonly<Record<string, unknown>>;
interface Node {
  readonly target: string;
  readonly inputs: Readonly<Record<string, Arg>>;
  readonly outputs: readonly string[];
}

const tensor = (name: string): Arg => ({ as_tensor: { name } });
const x = tensor('x');

/** linear.pt2 with other nodes; its input is x, floats of [rows, 4], and it returns the last output. */
async function program(folder: string, ...nodes: readonly Node[]): Promise<string> {
  const entries = await entriesIn(fixture('export/linear.pt2'));
  const result = nodes.at(-1)?.outputs.at(-1) ?? 'x';
  const changed = entries.map((entry) => {
    if (!entry.name.endsWith('/models/model.json')) return entry;
    const json = JSON.parse(entry.data.toString()) as {
      graph_module: {
        graph: Record<string, unknown> & { tensor_values: Record<string, unknown> };
        signature: Record<string, unknown>;
      };
    };
    const { graph, signature } = json.graph_module;
    graph.nodes = nodes.map(({ target, inputs, outputs }) => ({
      target: `torch.ops.${target}`,
      inputs: Object.entries(inputs).map(([name, arg]) => ({ name, arg, kind: 1 })),
      outputs: outputs.map(tensor),
      metadata: {},
    }));
    graph.outputs = [tensor(result)];
    for (const name of nodes.flatMap(({ outputs }) => outputs))
      graph.tensor_values[name] = graph.tensor_values['linear'];
    signature.output_specs = [{ user_output: { arg: tensor(result) } }];
    return { ...entry, data: Buffer.from(JSON.stringify(json)) };
  });
  const path = join(folder, `${Math.random().toString(36).slice(2)}.pt2`);
  writeFileSync(path, rawZip(changed.map(({ name, data }) => ({ name, body: data }))));
  return path;
}

const one = (target: string, inputs: Node['inputs'], ...outputs: string[]): Node => ({
  target,
  inputs,
  outputs: outputs.length > 0 ? outputs : ['out'],
});

describe('operators that exported programs may call', () => {
  const folder = scratch();
  let families: readonly (readonly [name: string, reason: string, operators: readonly string[]])[];
  let missing: readonly string[];

  before(async () => {
    const { addon } = await startAddon();
    const { keys, values } = addon.exportOperators();
    families = values[keys.indexOf('families')] as unknown as typeof families;
    missing = values[keys.indexOf('missing')] as unknown as string[];
  });

  it('are all in LibTorch, each once, in families with a reason', () => {
    expect(missing).to.deep.equal([]);
    const names = families.flatMap(([, , operators]) => operators);
    expect(names).to.have.lengthOf(new Set(names).size);
    expect(names.length).to.be.greaterThan(700);
    for (const [name, reason, operators] of families) {
      expect(operators, name).to.deep.equal([...operators].sort());
      expect(reason, name).to.match(/^\w.{10,}[^.]$/s);
    }
    expect(names).to.include.members(['linear', 'conv2d', 'scaled_dot_product_attention', 'add']);
  });

  it('are refused with the reason otherwise, all of them at once', async () => {
    const wrong: Record<string, RegExp> = {
      'aten.from_file.default': /reads a file/,
      'aten.add.out': /writes into an argument/,
      'aten.sort.values_stable': /writes into an argument/,
      'aten.set_.source_Tensor': /takes the memory of another/,
      'aten.resize_.default': /nothing has written/,
      'aten.sigmoid_backward.default': /gradients/,
      'aten.to_sparse.default': /sparse/,
      'aten._reshape_alias.default': /does not check/,
      'prims.add.default': /only in Python/,
    };
    const nodes = Object.keys(wrong).map((target, i) => one(target, { self: x }, `out${i}`));
    const path = await program(folder(), ...nodes, one('mine.twice.default', { self: x }, 'last'));
    const { message } = await rejection(() => loadModel(path), 'ERR_OPERATOR_NOT_FOUND');
    for (const [target, reason] of Object.entries(wrong)) {
      const at = message.indexOf(`${target} (`);
      expect(at, target).to.be.at.least(0);
      expect(message.slice(at).split(')')[0]).to.match(reason);
    }
    expect(message).to.match(/torch\.ops\.mine\.twice\.default.*operatorLibraries/);
  });

  it('take dtypes and layouts by their names alone', async () => {
    const path = await program(folder(), one('aten.empty_like.default', { self: x, dtype: { as_int: 1000 } }));
    const { message } = await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT');
    expect(message).to.match(/as_scalar_type for the argument "dtype".*as_int/);
  });

  it('give zeros where PyTorch leaves memory unwritten', async () => {
    for (const target of ['aten.empty_like.default', 'aten.new_empty.default']) {
      const size = target.includes('new') ? { size: { as_ints: [2, 4] } } : {};
      await using model = await loadModel(await program(folder(), one(target, { self: x, ...size })));
      for (let round = 0; round < 20; ++round) {
        const out = await model.run(new Tensor('float32', new Float32Array(8).fill(7), [2, 4]));
        expect([...out.data], target).to.deep.equal(new Array(8).fill(0));
      }
    }
  });
});

describe('operators of older versions of PyTorch', () => {
  const folder = scratch();
  const data = Float32Array.from([4, 1, 0, 2, 1, 5, 3, 0, 0, 3, 6, 1, 2, 0, 1, 7]);
  const square = new Tensor('float32', data, [4, 4]);

  it('cholesky is linalg_cholesky', async () => {
    await using model = await loadModel(
      await program(folder(), one('aten.cholesky.default', { self: x, upper: { as_bool: true } })),
    );
    const upper = await model.run<Tensor<'float32'>>(square);
    const at = (row: number, column: number) => upper.data[row * 4 + column] ?? NaN;
    for (let row = 0; row < 4; ++row) {
      for (let column = 0; column < 4; ++column) {
        let sum = 0;
        for (let i = 0; i < 4; ++i) sum += at(i, row) * at(i, column);
        expect(sum).to.be.closeTo(data[row * 4 + column] ?? NaN, 1e-5);
        if (column < row) expect(at(row, column)).to.equal(0);
      }
    }
  });

  it('qr is linalg_qr, with the mode that `some` says', async () => {
    for (const [some, rows] of [
      [true, 2],
      [false, 4],
    ] as const) {
      const path = await program(
        folder(),
        one('aten.t.default', { self: x }, 'turned'),
        one('aten.qr.default', { self: tensor('turned'), some: { as_bool: some } }, 'q'),
        one('aten.t.default', { self: tensor('q') }, 'out'),
      );
      await using model = await loadModel(path);
      // [2, 4] turned is [4, 2]: of the reduced form Q has 2 columns, of the complete one 4.
      const q = await model.run(new Tensor('float32', data.slice(0, 8), [2, 4]));
      expect(q.shape).to.deep.equal([rows, 4]);
    }
  });
});

describe('kernels that do not check their arguments', () => {
  const folder = scratch();
  const rows = (count: number) => new Tensor('float32', new Float32Array(count * 4).fill(1), [count, 4]);
  const twice = one('aten.stack.default', { tensors: { as_tensors: [{ name: 'x' }, { name: 'x' }] } }, 'stacked');
  const calls: Record<string, readonly Node[]> = {
    'a dimension that is not there': [
      one('aten._fft_r2c.default', {
        self: x,
        dim: { as_ints: [100_000] },
        normalization: { as_int: 0 },
        onesided: { as_bool: true },
      }),
    ],
    'an axis by a negative number': [
      one('aten._fft_r2c.default', {
        self: x,
        dim: { as_ints: [-2] },
        normalization: { as_int: 0 },
        onesided: { as_bool: true },
      }),
    ],
    'distances of more than points': [
      twice,
      one('aten._pdist_forward.default', { self: tensor('stacked'), p: { as_float: 2 } }),
    ],
    'weights of other channels': [
      one(
        'aten.native_batch_norm.default',
        {
          input: x,
          weight: tensor('p_layer_bias'),
          bias: tensor('p_layer_bias'),
          running_mean: tensor('p_layer_bias'),
          running_var: tensor('p_layer_bias'),
          training: { as_bool: false },
          momentum: { as_float: 0.1 },
          eps: { as_float: 1e-5 },
        },
        'out',
        'mean',
        'deviation',
      ),
    ],
    'segments beyond the rows': [
      one(
        'aten.full.default',
        { size: { as_ints: [2] }, fill_value: { as_int: 100_000 }, dtype: { as_scalar_type: 5 } },
        'lengths',
      ),
      one('aten.segment_reduce.default', {
        data: x,
        reduce: { as_string: 'sum' },
        lengths: tensor('lengths'),
        unsafe: { as_bool: true },
      }),
    ],
    'too many elements at a time': [
      one('aten.select.int', { self: x, dim: { as_int: 0 }, index: { as_int: 0 } }, 'row'),
      one('aten.combinations.default', {
        self: tensor('row'),
        r: { as_int: 2 ** 52 },
        with_replacement: { as_bool: true },
      }),
    ],
    'a quotient that no dtype has': [
      one(
        'aten.full_like.default',
        { self: x, fill_value: { as_int: -(2 ** 31) }, dtype: { as_scalar_type: 4 } },
        'least',
      ),
      one('aten.div.Scalar_mode', {
        self: tensor('least'),
        other: { as_int: -1 },
        rounding_mode: { as_string: 'trunc' },
      }),
    ],
  };

  for (const [what, nodes] of Object.entries(calls)) {
    it(`end in an error: ${what}`, async () => {
      await using model = await loadModel(await program(folder(), ...nodes), { optimize: 'none' });
      const { message } = await rejection(() => model.run(rows(4)), 'ERR_MODEL_EXECUTION');
      expect(message).to.match(/Expected/);
    });
  }

  it('end in an error: a matrix with NaN, whose eigenvalues are asked for', async () => {
    await using model = await loadModel(
      await program(
        folder(),
        one('aten.linalg_eigvals.default', { self: x }, 'values'),
        one('aten.real.default', { self: tensor('values') }),
      ),
    );
    const { message } = await rejection(
      () => model.run(new Tensor('float32', new Float32Array(16).fill(NaN), [4, 4])),
      'ERR_MODEL_EXECUTION',
    );
    expect(message).to.match(/without NaN/);
  });
});
