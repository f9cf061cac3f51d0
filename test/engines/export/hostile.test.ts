/** Files that no exporter writes: each ends as an error that says what is wrong, and none reaches memory that is not its own. */
import { expect } from 'chai';
import { loadModel, Tensor, type Value } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { call, int, ints, long, programOf, subgraph, tensor, type ProgramOf } from '../../support/exported-program.js';

const load = (program: ProgramOf, optimize: 'none' | 'freeze' = 'none') =>
  loadModel(programOf(program), { engine: 'export', optimize });

async function answer(
  program: ProgramOf,
  args: readonly Value[] = [],
  optimize: 'none' | 'freeze' = 'none',
): Promise<Value> {
  await using model = await load(program, optimize);
  return await model.run(args);
}

const x = { sizes: [2, 3] };
const floats = (shape: readonly number[], value = 1) =>
  new Tensor('float32', new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value), [...shape]);
const given = floats([2, 3]);
const relu = call('relu', { self: tensor('x') }, 'y');

/** Refused when it is loaded. */
const refused: readonly (readonly [what: string, program: ProgramOf, code: string, message: RegExp])[] = [
  [
    'a value before it is made',
    { inputs: { x }, nodes: [call('relu', { self: tensor('z') }, 'y'), call('relu', { self: tensor('y') }, 'z')] },
    'ERR_MODEL_FORMAT',
    /"z" to be made/,
  ],
  ['one name twice', { inputs: { x }, nodes: [relu, relu] }, 'ERR_MODEL_FORMAT', /two "y"/],
  ['an output that nobody makes', { inputs: { x }, nodes: [relu], outputs: ['q'] }, 'ERR_MODEL_FORMAT', /"q"/],
  [
    'an argument that the operator does not have',
    { inputs: { x }, nodes: [call('relu', { self: tensor('x'), other: int(1) }, 'y')] },
    'ERR_MODEL_FORMAT',
    /"other"/,
  ],
  ['no argument', { inputs: { x }, nodes: [call('relu', {}, 'y')] }, 'ERR_MODEL_FORMAT', /"self"/],
  [
    'more outputs than the operator has',
    { inputs: { x }, nodes: [call('relu', { self: tensor('x') }, 'y', 'z')] },
    'ERR_MODEL_FORMAT',
    /as many outputs/,
  ],
  [
    'a string for a tensor',
    { inputs: { x }, nodes: [call('relu', { self: { as_string: 'x' } }, 'y')] },
    'ERR_MODEL_FORMAT',
    /Tensor/,
  ],
  [
    'a list for a tensor',
    { inputs: { x }, nodes: [call('relu', { self: { as_tensors: [{ name: 'x' }] } }, 'y')] },
    'ERR_MODEL_FORMAT',
    /Tensor/,
  ],
  [
    'None for a tensor',
    { inputs: { x }, nodes: [call('relu', { self: { as_none: true } }, 'y')] },
    'ERR_MODEL_FORMAT',
    /Tensor/,
  ],
  [
    'a tensor for a list of tensors',
    { inputs: { x }, nodes: [call('cat', { tensors: tensor('x') }, 'y')] },
    'ERR_MODEL_FORMAT',
    /Tensor\[\]/,
  ],
  [
    'numbers for a list of tensors',
    { inputs: { x }, nodes: [call('cat', { tensors: ints(1, 2) }, 'y')] },
    'ERR_MODEL_FORMAT',
    /cat/,
  ],
  [
    'a string for sizes',
    { inputs: { x }, nodes: [call('reshape', { self: tensor('x'), shape: { as_string: '6' } }, 'y')] },
    'ERR_MODEL_FORMAT',
    /shape/,
  ],
  [
    'floats for sizes',
    { inputs: { x }, nodes: [call('reshape', { self: tensor('x'), shape: { as_floats: [6] } }, 'y')] },
    'ERR_MODEL_FORMAT',
    /shape/,
  ],
  [
    'a number for a dtype',
    { nodes: [call('zeros', { size: ints(1), dtype: int(999) }, 'y')] },
    'ERR_MODEL_FORMAT',
    /dtype/,
  ],
  [
    'a dtype that is none',
    { nodes: [call('zeros', { size: ints(1), dtype: { as_scalar_type: 999 } }, 'y')] },
    'ERR_MODEL_FORMAT',
    /dtype/,
  ],
  [
    'a number for a layout',
    { nodes: [call('zeros', { size: ints(1), layout: int(77) }, 'y')] },
    'ERR_MODEL_FORMAT',
    /layout/,
  ],
  [
    'a number for a memory format',
    { inputs: { x }, nodes: [call('clone', { self: tensor('x'), memory_format: int(-5) }, 'y')] },
    'ERR_MODEL_FORMAT',
    /memory_format/,
  ],
  [
    'a graph where none is',
    { inputs: { x }, nodes: [call('relu', { self: subgraph([], [], []) }, 'y')] },
    'ERR_MODEL_FORMAT',
    /as_graph/,
  ],
  [
    'a number of more than 64 bits',
    { nodes: [call('zeros', { size: { as_ints: ['@99999999999999999999@'] } }, 'y')] },
    'ERR_MODEL_FORMAT',
    /64 bits/,
  ],
  [
    'operators of the inside of PyTorch',
    {
      inputs: { x },
      nodes: [
        call(
          'torch.ops.inductor._reinterpret_tensor.default',
          { self: tensor('x'), size: ints(9), stride: ints(1) },
          'y',
        ),
      ],
    },
    'ERR_OPERATOR_NOT_FOUND',
    /inside of PyTorch/,
  ],
  [
    'operators that are off the list',
    {
      inputs: { x },
      nodes: [call('_compute_linear_combination', { input: tensor('x'), coefficients: tensor('x') }, 'y')],
    },
    'ERR_OPERATOR_NOT_FOUND',
    /not on the list/,
  ],
  [
    'a weight that its file does not hold',
    { weights: { w: { sizes: [4], data: Buffer.alloc(15) } }, nodes: [call('relu', { self: tensor('w') }, 'y')] },
    'ERR_MODEL_FORMAT',
    /16 bytes and not 15/,
  ],
  [
    'an offset beyond the file',
    { weights: { w: { sizes: [4], offset: 1 } }, nodes: [call('relu', { self: tensor('w') }, 'y')] },
    'ERR_MODEL_FORMAT',
    /20 bytes and not 16/,
  ],
  [
    'a negative offset',
    { weights: { w: { sizes: [4], offset: -1 } }, nodes: [call('relu', { self: tensor('w') }, 'y')] },
    'ERR_MODEL_FORMAT',
    /fixed sizes/,
  ],
  [
    'a negative stride',
    { weights: { w: { sizes: [4], strides: [-1] } }, nodes: [call('relu', { self: tensor('w') }, 'y')] },
    'ERR_MODEL_FORMAT',
    /fixed sizes/,
  ],
  [
    'strides that overflow',
    {
      weights: { w: { sizes: [2 ** 40, 2], strides: [2 ** 40, 2 ** 40], data: Buffer.alloc(64) } },
      nodes: [call('relu', { self: tensor('w') }, 'y')],
    },
    'ERR_MODEL_FORMAT',
    /strides/,
  ],
  [
    'more elements than can be counted',
    {
      weights: { w: { sizes: [2 ** 40, 2 ** 40], strides: [0, 0], data: Buffer.alloc(64) } },
      nodes: [call('relu', { self: tensor('w') }, 'y')],
    },
    'ERR_MODEL_FORMAT',
    /a size/,
  ],
  [
    'a pickle',
    { weights: { w: { sizes: [4], pickle: true } }, nodes: [call('relu', { self: tensor('w') }, 'y')] },
    'ERR_MODEL_FORMAT',
    /pickle/,
  ],
  [
    'sixty-five dimensions',
    {
      weights: { w: { sizes: Array.from({ length: 65 }, () => 1) } },
      nodes: [call('relu', { self: tensor('w') }, 'y')],
    },
    'ERR_MODEL_FORMAT',
    /64/,
  ],
  [
    'inputs of the graph that are not those of the signature',
    {
      inputs: { x },
      nodes: [relu],
      change: (json) => (json.graph_module.graph.inputs = [tensor('x'), tensor('other')]),
    },
    'ERR_MODEL_FORMAT',
    /the same inputs/,
  ],
  [
    'branches that give too little',
    {
      inputs: { x },
      nodes: [
        call(
          'torch.ops.higher_order.cond',
          { a: { as_bool: true }, b: subgraph([], [], []), c: subgraph([], [], []) },
          'y',
        ),
      ],
    },
    'ERR_MODEL_FORMAT',
    /as many outputs/,
  ],
  [
    'a loop without a condition',
    {
      inputs: { x },
      nodes: [
        call(
          'torch.ops.higher_order.while_loop',
          {
            a: subgraph([], [tensor('a')], []),
            b: subgraph([], [tensor('a')], [tensor('a')]),
            c: { as_tensors: [{ name: 'x' }] },
          },
          'y',
        ),
      ],
    },
    'ERR_MODEL_FORMAT',
    /as many outputs/,
  ],
  [
    'operands that the graphs do not take',
    {
      inputs: { x },
      nodes: [
        call('torch.ops.higher_order.cond', {
          a: { as_bool: true },
          b: subgraph([], [], []),
          c: subgraph([], [], []),
          d: { as_tensors: [{ name: 'x' }] },
        }),
      ],
      outputs: ['x'],
    },
    'ERR_MODEL_FORMAT',
    /as many operands/,
  ],
  [
    'autocast to whole numbers',
    {
      inputs: { x },
      nodes: [
        call(
          'torch.ops.higher_order.wrap_with_autocast',
          {
            a: { as_string: 'cpu' },
            b: { as_scalar_type: 5 },
            c: { as_bool: true },
            d: { as_none: true },
            e: subgraph([], [tensor('a')], [tensor('a')]),
            f: tensor('x'),
          },
          'y',
        ),
      ],
    },
    'ERR_MODEL_FORMAT',
    /autocast/,
  ],
];

/** Loads; the run ends as an error. */
const failing: readonly (readonly [what: string, program: ProgramOf, code: RegExp, message: RegExp])[] = [
  [
    'as much memory as nobody has',
    { nodes: [call('zeros', { size: { as_ints: [2 ** 40] } }, 'y')] },
    /ERR_OUT_OF_MEMORY/,
    /./,
  ],
  ['sizes that overflow', { nodes: [call('zeros', { size: { as_ints: [2 ** 40, 2 ** 40] } }, 'y')] }, /ERR_/, /./],
  ['a negative size', { nodes: [call('zeros', { size: ints(-4) }, 'y')] }, /ERR_MODEL_EXECUTION/, /negative/],
  [
    'dimensions beyond all bounds',
    {
      inputs: { x },
      nodes: [call('sum.dim_IntList', { self: tensor('x'), dim: { as_ints: ['@-9223372036854775808@'] } }, 'y')],
    },
    /ERR_MODEL_EXECUTION/,
    /range/,
  ],
  [
    'a tensor out of arithmetic',
    { inputs: { x }, nodes: [call('torch.sym_ite', { a: { as_bool: true }, b: tensor('x'), c: tensor('x') }, 'y')] },
    /ERR_MODEL_FORMAT/,
    /numbers/,
  ],
  [
    'arithmetic that overflows',
    { inputs: { x }, nodes: [call('_operator.mul', { a: long('9223372036854775807'), b: int(2) }, 'y')] },
    /ERR_INVALID_INPUT/,
    /64 bits/,
  ],
  [
    'a result that was not asked for',
    {
      inputs: { x },
      nodes: [
        call(
          'native_batch_norm',
          {
            input: tensor('x'),
            weight: { as_none: true },
            bias: { as_none: true },
            running_mean: { as_none: true },
            running_var: { as_none: true },
            training: { as_bool: false },
            momentum: { as_float: 0.1 },
            eps: { as_float: 0.1 },
          },
          'a',
          'b',
          'c',
        ),
        call('relu', { self: tensor('b') }, 'y'),
      ],
    },
    /ERR_MODEL_EXECUTION/,
    /./,
  ],
  [
    'fewer statistics than channels',
    {
      inputs: { x, s: { sizes: [1] } },
      nodes: [
        call(
          'native_batch_norm',
          {
            input: tensor('x'),
            weight: tensor('s'),
            bias: tensor('s'),
            running_mean: tensor('s'),
            running_var: tensor('s'),
            training: { as_bool: false },
            momentum: { as_float: 0.1 },
            eps: { as_float: 0.1 },
          },
          'y',
        ),
      ],
    },
    /ERR_MODEL_EXECUTION/,
    /parameter of a batch norm/,
  ],
  [
    'dimensions of a transform that are none',
    {
      inputs: { x },
      nodes: [
        call('_fft_r2c', { self: tensor('x'), dim: ints(7), normalization: int(0), onesided: { as_bool: true } }, 'y'),
      ],
    },
    /ERR_MODEL_EXECUTION/,
    /dimensions from 0/,
  ],
  [
    'a quotient beyond 64 bits',
    {
      nodes: [
        call('full', { size: ints(1), fill_value: long('-9223372036854775808'), dtype: { as_scalar_type: 5 } }, 'a'),
        call('div.Scalar_mode', { self: tensor('a'), other: int(-1), rounding_mode: { as_string: 'trunc' } }, 'y'),
      ],
    },
    /ERR_MODEL_EXECUTION/,
    /-1/,
  ],
  [
    'more keys than values',
    {
      inputs: { x, k: { sizes: [1, 3] } },
      nodes: [call('scaled_dot_product_attention', { query: tensor('x'), key: tensor('k'), value: tensor('x') }, 'y')],
    },
    /ERR_MODEL_EXECUTION/,
    /as many keys/,
  ],
  [
    'a weight that is transposed in place',
    { weights: { w: { sizes: [2, 3] } }, nodes: [call('t_', { self: tensor('w') }, 'y')] },
    /ERR_MODEL_EXECUTION/,
    /not allowed/,
  ],
];

describe('hostile exported programs', () => {
  for (const [what, program, code, message] of refused) {
    it(`are refused: ${what}`, async () => {
      for (const optimize of ['none', 'freeze'] as const) {
        expect((await rejection(() => load(program, optimize), code)).message).to.match(message);
      }
    });
  }

  for (const [what, program, code, message] of failing) {
    it(`end their run: ${what}`, async () => {
      const args = Object.values(program.inputs ?? {}).map(({ sizes }) => floats(sizes));
      for (const optimize of ['none', 'freeze'] as const) {
        const error = await answer(program, args, optimize).then(
          () => expect.fail('an answer'),
          (fault: unknown) => fault as Error & { code: string },
        );
        expect(error.code).to.match(code);
        expect(error.message).to.match(message);
      }
    });
  }

  it('are none for a weight that is detached in place', async () => {
    const program = { weights: { w: { sizes: [2, 3] } }, nodes: [call('detach_', { self: tensor('w') }, 'y')] };
    for (const optimize of ['none', 'freeze'] as const) {
      expect(((await answer(program, [], optimize)) as Tensor).shape).to.deep.equal([2, 3]);
    }
  });

  it('give null for what an operator did not make, and for None', async () => {
    const nodes = [
      call(
        'native_batch_norm',
        {
          input: tensor('x'),
          weight: { as_none: true },
          bias: { as_none: true },
          running_mean: tensor('s'),
          running_var: tensor('s'),
          training: { as_bool: false },
          momentum: { as_float: 0.1 },
          eps: { as_float: 0 },
        },
        'a',
      ),
    ];
    const program = { inputs: { x, s: { sizes: [3] } }, nodes, outputs: ['a', { as_none: true }] };
    const [first, second] = (await answer(program, [given, floats([3])])) as readonly Value[];
    expect([...(first as Tensor).data]).to.deep.equal([0, 0, 0, 0, 0, 0]);
    expect(second).to.equal(null);
  });

  it('are not packed for one processor where its library would not look', async () => {
    const conv = (stride: number, shape: readonly number[]) => ({
      inputs: { i: { sizes: shape } },
      weights: { w: { sizes: [4, 3, 3, 3] }, b: { sizes: [4] } },
      nodes: [
        call('conv2d', { input: tensor('i'), weight: tensor('w'), bias: tensor('b'), stride: ints(1, stride) }, 'y'),
      ],
    });
    const run = async (program: ProgramOf, shape: readonly number[]) => {
      await using model = await loadModel(programOf(program), { engine: 'export', optimize: 'inference' });
      const result: Value = await model.run([floats(shape)] as never);
      return (result as Tensor).shape;
    };
    expect(await run(conv(1, [1, 3, 8, 8]), [1, 3, 8, 8])).to.deep.equal([1, 4, 6, 6]);
    await rejection(() => run(conv(0, [1, 3, 8, 8]), [1, 3, 8, 8]), 'ERR_MODEL_EXECUTION');
    await rejection(() => run(conv(1, [1, 2, 8, 8]), [1, 2, 8, 8]), 'ERR_MODEL_EXECUTION');
    await rejection(() => run(conv(1, [1, 3, 2, 8]), [1, 3, 2, 8]), 'ERR_MODEL_EXECUTION');
    await rejection(() => run(conv(1, [3, 8]), [3, 8]), 'ERR_MODEL_EXECUTION');
  });

  it('reads names with NUL and all of Unicode', async () => {
    const name = 'x\0😀';
    const result = await answer({ inputs: { [name]: x }, nodes: [call('relu', { self: tensor(name) }, 'y')] }, [given]);
    expect((result as Tensor).shape).to.deep.equal([2, 3]);
  });

  it('has a limit of nesting, of JSON and of graphs', async () => {
    const deep = (levels: number) => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], []);
    await rejection(
      () => load({ inputs: { x }, nodes: [relu], change: (json) => (json.extra = deep(700)) }),
      'ERR_MODEL_FORMAT',
    );
    await (await load({ inputs: { x }, nodes: [relu], change: (json) => (json.extra = deep(500)) })).dispose();
    const wrapped = (levels: number): unknown =>
      subgraph(
        levels === 0
          ? []
          : [
              call(
                'torch.ops.higher_order.wrap_with_set_grad_enabled',
                { a: { as_bool: false }, b: wrapped(levels - 1), c: tensor('a') },
                'b',
              ),
            ],
        [tensor('a')],
        [tensor(levels === 0 ? 'a' : 'b')],
      );
    const nested = (levels: number) => ({
      inputs: { x },
      nodes: [
        call(
          'torch.ops.higher_order.wrap_with_set_grad_enabled',
          { a: { as_bool: false }, b: wrapped(levels), c: tensor('x') },
          'y',
        ),
      ],
    });
    expect(((await answer(nested(10), [given])) as Tensor).shape).to.deep.equal([2, 3]);
    expect((await rejection(() => load(nested(20)), 'ERR_MODEL_FORMAT')).message).to.match(/16 graphs/);
  });

  it('runs a hundred thousand nodes, as fast to load as few', async function () {
    this.timeout(60_000);
    const count = 100_000;
    const nodes = Array.from({ length: count }, (_, i) =>
      call('_operator.add', { a: i === 0 ? int(1) : { as_sym_int: { as_name: `n${i - 1}` } }, b: int(1) }),
    ).map((node, i) => ({ ...node, outputs: [{ as_sym_int: { as_name: `n${i}` } }] }));
    const outputs = [{ as_sym_int: { as_name: `n${count - 1}` } }];
    expect(await answer({ nodes, outputs }, [], 'freeze')).to.equal(count + 1);
  });

  describe('writes to weights that no schema speaks of', () => {
    const weights = { w: { sizes: [4], data: Buffer.from(Float32Array.of(1, 2, 3, 4).buffer) } };
    const ways: readonly (readonly [what: string, nodes: ProgramOf['nodes'], weights?: ProgramOf['weights']])[] = [
      [
        '_unsafe_view',
        [
          call('_unsafe_view', { self: tensor('w'), size: ints(2, 2) }, 'v'),
          call('add_.Scalar', { self: tensor('v'), other: int(1) }, 'y'),
        ],
      ],
      [
        'alias',
        [call('alias', { self: tensor('w') }, 'v'), call('add_.Scalar', { self: tensor('v'), other: int(1) }, 'y')],
      ],
      [
        'a view of a view',
        [
          call('view', { self: tensor('w'), size: ints(2, 2) }, 'u'),
          call('t', { self: tensor('u') }, 'v'),
          call('zero_', { self: tensor('v') }, 'y'),
        ],
      ],
      [
        'chalf of what is half',
        [
          call('chalf', { self: tensor('h') }, 'v'),
          call('zero_', { self: tensor('v') }, 'z'),
          call('abs', { self: tensor('v') }, 'y'),
        ],
        { h: { dtype: 9, sizes: [1], data: Buffer.alloc(4) } },
      ],
      [
        'a loop without a round',
        [
          call(
            'torch.ops.higher_order.while_loop',
            {
              a: subgraph([], [tensor('a'), tensor('b')], [{ as_sym_bool: { as_bool: false } }]),
              b: subgraph([call('relu', { self: tensor('a') }, 'c')], [tensor('a'), tensor('b')], [tensor('c')]),
              c: { as_tensors: [{ name: 'w' }] },
              d: { as_tensors: [{ name: 'w' }] },
            },
            'v',
          ),
          call('zero_', { self: tensor('v') }, 'y'),
        ],
      ],
      [
        'batch_norm in training',
        [
          call(
            'batch_norm',
            {
              input: tensor('i'),
              weight: { as_none: true },
              bias: { as_none: true },
              running_mean: tensor('w'),
              running_var: tensor('w'),
              training: { as_bool: true },
              momentum: { as_float: 0.5 },
              eps: { as_float: 0.1 },
              cudnn_enabled: { as_bool: false },
            },
            'y',
          ),
        ],
        { ...weights, i: { sizes: [2, 4] } },
      ],
      [
        'instance_norm of the input',
        [
          call(
            'instance_norm',
            {
              input: tensor('i'),
              weight: { as_none: true },
              bias: { as_none: true },
              running_mean: tensor('w'),
              running_var: tensor('w'),
              use_input_stats: { as_bool: true },
              momentum: { as_float: 0.5 },
              eps: { as_float: 0.1 },
              cudnn_enabled: { as_bool: false },
            },
            'y',
          ),
        ],
        { ...weights, i: { sizes: [1, 4, 3] } },
      ],
    ];
    for (const [what, nodes, own = weights] of ways) {
      it(`are seen through ${what}`, async () => {
        for (const optimize of ['none', 'freeze'] as const) {
          const bytes = programOf({ weights: own, nodes });
          const before = Buffer.from(bytes);
          await using model = await loadModel(bytes, { engine: 'export', optimize });
          expect(model.info.stateful, optimize).to.equal(true);
          await model.run([] as never).catch(() => undefined);
          expect(bytes.equals(before), 'the bytes of the caller').to.equal(true);
        }
      });
    }

    it('leaves a weight whose elements stand at one place, and the memory around a view, as they were', async () => {
      const nodes = [
        call('as_strided', { self: tensor('w'), size: ints(4), stride: ints(1), storage_offset: int(0) }, 'v'),
        call('add_.Scalar', { self: tensor('v'), other: int(1) }, 'y'),
      ];
      const data = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
      await using model = await load({ weights: { w: { sizes: [4], strides: [0], data } }, nodes });
      await model.warmup({ example: [] });
      const result: Value = await model.run([] as never);
      expect([...(result as Tensor).data]).to.deep.equal([2, 3, 4, 5]);
    });
  });
});
