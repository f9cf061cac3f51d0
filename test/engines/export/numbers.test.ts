/** Arithmetic of exported programs beside tensors: as Python's, for its programs were traced with that. */
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { call, int, programOf, tensor, type ProgramOf } from '../../support/exported-program.js';

const float = (value: number | string) => ({ as_float: value });

/** What Python answers, as it says it. */
const answers: readonly (readonly [target: string, args: readonly unknown[], answer: number])[] = [
  ['_operator.floordiv', [float(1.5), float(0.1)], 14],
  ['_operator.floordiv', [float(-1.5), float(0.1)], -15],
  ['_operator.floordiv', [float(0.3), float(0.1)], 2],
  ['_operator.floordiv', [float(7.5), int(2)], 3],
  ['_operator.floordiv', [float(7.5), int(-2)], -4],
  ['_operator.floordiv', [int(5), float(0.5)], 10],
  ['_operator.floordiv', [float(6.5), float(0.7)], 9],
  ['_operator.floordiv', [int(-7), int(2)], -4],
  ['_operator.mod', [float(-7.5), int(2)], 0.5],
  ['builtins.round', [float(2.345), int(1)], 2.3],
  ['builtins.round', [float(2.675), int(2)], 2.67],
  ['builtins.round', [float(-2.345), int(1)], -2.3],
  ['builtins.round', [float(1234.5), int(-2)], 1200],
  ['builtins.round', [float(1e22), int(400)], 1e22],
  ['builtins.round', [float(5.5), int(-400)], 0],
  ['builtins.round', [float(0.5), int(0)], 0],
  ['builtins.round', [float(1.5), int(0)], 2],
  ['builtins.round', [float(2.5)], 2],
  ['builtins.round', [float(2.5), { as_none: true }], 2],
  ['builtins.round', [int(7), int(3)], 7],
  ['builtins.round', [int(1250), int(-2)], 1200],
  ['builtins.round', [int(1350), int(-2)], 1400],
  ['builtins.round', [int(-1250), int(-2)], -1200],
  ['builtins.round', [int(12345), int(-25)], 0],
  ['_operator.pow', [int(2), int(-1)], 0.5],
];

const refused: readonly (readonly [target: string, args: readonly unknown[], message: RegExp])[] = [
  ['_operator.floordiv', [float(1.5), float('@0.0@')], /division by zero/],
  ['_operator.pow', [int(0), int(-1)], /division by zero/],
  ['_operator.pow', [float(-1.5), float(0.5)], /root of a negative/],
  ['builtins.round', [{ as_int: '@9223372036854775807@' }, int(-1)], /64 bits/],
];

const program = (target: string, args: readonly unknown[], output: 'as_sym_int' | 'as_sym_float'): ProgramOf => ({
  nodes: [
    {
      ...call(target, Object.fromEntries(args.map((arg, i): [string, unknown] => ['abc'[i] as string, arg]))),
      outputs: [{ [output]: { as_name: 'n' } }],
    },
  ],
  outputs: [{ [output]: { as_name: 'n' } }],
});

const inWords = (args: readonly unknown[]) =>
  args.flatMap((arg) => Object.values(arg as object) as unknown[]).join(', ');

const run = async (target: string, args: readonly unknown[], optimize: 'none' | 'freeze') => {
  await using model = await loadModel(programOf(program(target, args, 'as_sym_float')), { engine: 'export', optimize });
  return await model.run([]);
};

describe('numbers of exported programs', () => {
  for (const [target, args, answer] of answers) {
    it(`${target}(${inWords(args)}) is ${answer}`, async () => {
      for (const optimize of ['none', 'freeze'] as const) expect(await run(target, args, optimize)).to.equal(answer);
    });
  }

  for (const [target, args, message] of refused) {
    it(`${target}(${inWords(args)}) is refused`, async () => {
      expect((await rejection(() => run(target, args, 'none'), 'ERR_INVALID_INPUT')).message).to.match(message);
    });
  }
});

describe('weights over one memory', () => {
  const data = Buffer.from(Float32Array.of(1, 2).buffer);
  /** A buffer, and what was registered as a view of it: each has a name, and both are one file. */
  const weights = { a: { sizes: [2], data, path: 'w0' }, b: { sizes: [1], data, path: 'w0', offset: 1 } };
  const x = new Tensor('float32', Float32Array.of(10), [1]);
  const nodes = (write: ReturnType<typeof call>) => [
    write,
    call('mul.Scalar', { self: tensor('b'), other: int(2) }, 'm'),
    call('add.Tensor', { self: tensor('x'), other: tensor('m') }, 'y'),
  ];
  const ways: Readonly<Record<string, Pick<ProgramOf, 'nodes' | 'updates'>>> = {
    'in place': { nodes: nodes(call('add_.Scalar', { self: tensor('a'), other: int(1) }, 'c')) },
    'at the end': {
      nodes: nodes(call('add.Scalar', { self: tensor('a'), other: int(1) }, 'c')),
      updates: { a: 'c' },
    },
  };
  for (const [way, given] of Object.entries(ways)) {
    it(`are read anew where one of them is written ${way}, whatever was optimized`, async () => {
      const [first, ...rest] = await Promise.all(
        (['none', 'freeze'] as const).map(async (optimize) => {
          const bytes = programOf({ weights, inputs: { x: { sizes: [1] } }, ...given });
          await using model = await loadModel(bytes, { engine: 'export', optimize });
          const answers: number[] = [];
          for (let i = 0; i < 3; i++) answers.push((await model.run<Tensor<'float32'>>([x])).data[0] as number);
          return answers;
        }),
      );
      expect(first).to.deep.equal(way === 'in place' ? [16, 18, 20] : [14, 16, 18]);
      for (const answers of rest) expect(answers).to.deep.equal(first);
    });
  }
});
