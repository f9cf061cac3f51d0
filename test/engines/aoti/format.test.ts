import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { InputTree } from '#dist/engines/pt2/input-tree.js';
import { orderOf, packageSignature } from '#dist/engines/aoti/input-spec.js';
import { extentOf } from '#dist/engines/pt2/extent.js';
import { flattenValue, namesOfLeaves, parseCallSpec, resultType, unflattenValue } from '#dist/signature/pytree.js';
import { checkTarget, targetOf, type Machine } from '#dist/engines/aoti/target.js';
import { readWrapperSource as readWholeSource } from '#dist/engines/aoti/wrapper-source.js';
import { rejection } from '../../support/errors.js';

/** A part of one, and the end that tells that it is not cut off. */
const readWrapperSource = (part: string) => readWholeSource(`${part}\n} // namespace torch::aot_inductor\n`);

const leaf = { type: null, context: null, children_spec: [] };
const node = (type: string, children: readonly unknown[], keys: readonly string[] | null = null) => ({
  type: `builtins.${type}`,
  context: JSON.stringify(keys),
  children_spec: children,
});
const tree = (root: unknown) => parseCallSpec(JSON.stringify([1, root]));

describe('sizes as compiled code writes them', () => {
  it('are numbers, or linear in one symbol', async () => {
    expect(extentOf(7)).to.equal(7);
    expect(extentOf('7L')).to.equal(7);
    expect(extentOf('s0')).to.deep.equal({ symbol: 's0', scale: 1, offset: 0 });
    expect(extentOf('2L*s0 + 3L')).to.deep.equal({ symbol: 's0', scale: 2, offset: 3 });
    for (const text of ['s0*s1', 's0*s0', 's0 // 2', '1 - s0', 'max(s0, 2)', 's0 +', '(s0', '']) {
      await rejection(() => extentOf(text), 'ERR_MODEL_FORMAT');
    }
  });

  it('tell the order of dimensions in memory', async () => {
    expect(orderOf(['s0', '3L', '6L', '5L'], ['90L', '30L', '5L', '1L'])).to.deep.equal([0, 1, 2, 3]);
    expect(orderOf(['s0', '3L', '6L', '5L'], ['90L', '1L', '15L', '3L'])).to.deep.equal([0, 2, 3, 1]);
    expect(orderOf(['s0', 's1'], ['1L', 's0'])).to.deep.equal([1, 0]);
    expect(orderOf([], [])).to.deep.equal([]);
    await rejection(() => orderOf(['s0', '4L'], ['8L', '1L']), 'ERR_MODEL_FORMAT'); // gaps
    await rejection(() => orderOf(['s0', '4L'], ['0L', '1L']), 'ERR_MODEL_FORMAT'); // expanded
  });
});

describe('the source of a wrapper', () => {
  const check = (index: number, lines: string) =>
    `AOTI_NOINLINE static void check_input_${index}(\n    AtenTensorHandle* input_handles\n) {\n${lines}\n}\n`;
  const bounds = (axis: number, min: number, max: number) =>
    `    if (arg_size[${axis}] < ${min}) {\n    }\n    if (arg_size[${axis}] > ${max}) {\n    }\n`;
  const name = (index: number, text: string) => `    inputs_info_[${index}].name = "${text}";\n`;

  it('says dtypes, sizes, bounds and which sizes are equal', () => {
    const spec = readWrapperSource(
      check(0, `aoti_torch_dtype_float32();\n${bounds(0, 2, 64)}    if (4 != arg_size[1]) {`) +
        check(1, `aoti_torch_dtype_int64();\n${bounds(0, 4, 128)}`) +
        name(0, 'arg0_1') +
        name(1, 'arg1_1') +
        'assert_size_stride(arg0_1, {s0, 4L}, {4L, 1L}, "input");\nassert_size_stride(arg1_1, {2L*s0, }, {1L, }, "input");',
    );
    expect(spec.inputs).to.deep.equal([
      { name: 'input0', dtype: 'float32', shape: [{ symbol: 's0', scale: 1, offset: 0 }, 4], order: [0, 1] },
      { name: 'input1', dtype: 'int64', shape: [{ symbol: 's0', scale: 2, offset: 0 }], order: [0] },
    ]);
    expect(spec.symbols.get('s0'), '2 is 1: PyTorch writes 2 for both').to.deep.equal({ min: 1, max: 64 });
    expect(packageSignature(spec).inputs[0]?.shape).to.deep.equal([null, 4]);
  });

  it('takes sizes of one dimension to be equal where it does not say', () => {
    const spec = readWrapperSource(
      check(0, `aoti_torch_dtype_float32();\n${bounds(0, 2, 16)}`) +
        check(1, `aoti_torch_dtype_float32();\n${bounds(0, 2, 8)}`) +
        name(0, 'arg0_1') +
        name(1, 'arg1_1'),
    );
    expect(spec.inputs.map(({ shape }) => shape[0])).to.deep.equal([
      { symbol: 'axis0', scale: 1, offset: 0 },
      { symbol: 'axis0', scale: 1, offset: 0 },
    ]);
    expect(spec.symbols.get('axis0')).to.deep.equal({ min: 1, max: 8 });
  });

  it('is refused when it reads otherwise', async () => {
    await rejection(() => readWrapperSource(name(0, 'arg0_1')), 'ERR_MODEL_FORMAT');
    await rejection(
      () => readWrapperSource(name(0, 'a') + check(0, 'aoti_torch_dtype_complex64();')),
      'ERR_MODEL_FORMAT',
    );
  });
});

describe('trees of values', () => {
  const leafTree = tree(leaf);
  const inputs = tree(
    node('tuple', [
      node('tuple', [leaf, node('dict', [leaf, node('list', [leaf, leaf])], ['p', 'q'])]),
      node('dict', [leaf], ['k']),
    ]),
  );

  it('name their leaves', () => {
    expect(namesOfLeaves(inputs, ['x', 'd'])).to.deep.equal(['x', 'd.p', 'd.q.0', 'd.q.1', 'k']);
    expect(namesOfLeaves(inputs, undefined)[1]).to.equal('input1.p');
  });

  it('take values apart and put them together again', async () => {
    const shape = tree(node('dict', [leaf, node('tuple', [leaf, leaf])], ['a', '__proto__']));
    const value = unflattenValue(shape, [1, 2, 3][Symbol.iterator]());
    expect(Object.entries(value as object)).to.deep.equal([
      ['a', 1],
      ['__proto__', [2, 3]],
    ]);
    expect(flattenValue(shape, value, 'x')).to.deep.equal([1, 2, 3]);
    for (const wrong of [{ a: 1 }, [1, 2], null, 7, { a: 1, b: [2, 3] }, new Map([['a', 1]])] as const) {
      await rejection(() => flattenValue(shape, wrong, 'x'), 'ERR_INVALID_INPUT');
    }
  });

  it('are types of TorchScript', () => {
    const dict = tree(node('dict', [leaf, leaf], ['a', 'b']));
    expect(resultType(leafTree, ['y'])).to.equal('Tensor');
    expect(resultType(tree(node('list', [])), [])).to.equal('Tuple[()]');
    expect(resultType(tree(node('tuple', [leaf, node('list', [leaf])])), ['x', 'y'])).to.equal(
      'Tuple[Tensor, Tuple[Tensor]]',
    );
    expect(resultType(dict, [])).to.equal('Dict[str, Tensor]');
    expect(resultType(dict, ['a', 'b'])).to.equal('Dict[str, Tensor]');
    expect(resultType(dict, ['a', 'b'], ['Tensor', 'NoneType'])).to.equal('Dict[str, Union[Tensor, NoneType]]');
    expect(resultType(dict, ['a', 'b'], ['int', 'int'])).to.equal('Dict[str, int]');
    expect(resultType(tree(node('tuple', [leaf, node('list', [leaf])])), [], ['Tensor', 'int'])).to.equal(
      'Tuple[Tensor, Tuple[int]]',
    );
    // Other names than its keys: members of those names do not come out.
    expect(resultType(dict, ['a', 'renamed'])).to.equal('Dict[str, Any]');
    expect(resultType(tree(node('dict', [node('list', [leaf])], ['a'])), ['a.0'])).to.equal('Dict[str, Any]');
  });

  it('of other containers are refused', async () => {
    for (const root of [
      { ...leaf, type: 'my.Class' },
      node('dict', [leaf], null),
      { type: 'builtins.list', context: null },
    ]) {
      await rejection(() => tree(root), 'ERR_MODEL_FORMAT');
    }
    let deep: unknown = leaf;
    for (let i = 0; i < 100; ++i) deep = node('list', [deep]);
    await rejection(() => tree(deep), 'ERR_MODEL_FORMAT');
    await rejection(() => parseCallSpec('{'), 'ERR_MODEL_FORMAT');
    await rejection(() => parseCallSpec('[2, {}]'), 'ERR_MODEL_FORMAT');
  });

  it('arrange arguments, constants among them', async () => {
    const x = Tensor.from([1]);
    const args = tree(node('tuple', [node('tuple', [leaf, leaf, leaf]), node('dict', [], [])]));
    const arranged = new InputTree(args, ['x', 'n', 'y'], ['x', 'y'], new Map([[1, 2]]));
    for (const given of [[x, 2, x], [x, x], { x, y: x }, { x, n: 2, y: x }]) {
      expect(arranged.flatten(given)).to.deep.equal([x, x]);
    }
    for (const given of [[x, 3, x], [x], { x }, { x, y: x, z: x }, { x, n: 3, y: x }]) {
      await rejection(() => arranged.flatten(given), 'ERR_INVALID_INPUT');
    }
    await rejection(() => new InputTree(args, [], ['x'], new Map()), 'ERR_MODEL_FORMAT');
  });
});

describe('what a package is compiled for', () => {
  const machine = (flags: string, arch = 'x64'): Machine => ({
    platform: 'linux',
    arch,
    flags: new Set(flags.split(' ')),
  });
  const avx2 = machine('avx2 fma f16c');
  const avx512 = machine('avx2 fma f16c avx512f avx512dq avx512vl avx512bw avx512_vnni');
  const target = (isa: string, machineName = 'x86_64') =>
    targetOf({ AOTI_DEVICE_KEY: 'cpu', AOTI_PLATFORM: 'linux', AOTI_MACHINE: machineName, AOTI_CPU_ISA: isa });

  it('must be there', async () => {
    checkTarget(target('AVX2'), avx2);
    checkTarget(target('AVX512 AVX512_VNNI'), avx512);
    checkTarget(target(''), machine(''));
    checkTarget(target('INVALID_VEC_ISA'), machine(''));
    checkTarget(target('ASIMD', 'aarch64'), machine('asimd', 'arm64'));
    checkTarget(target('AVX2'), { platform: 'linux', arch: 'x64', flags: undefined });
    const error = await rejection(() => {
      checkTarget(target('AVX512 AVX512_VNNI'), avx2);
    }, 'ERR_PLATFORM_UNSUPPORTED');
    expect(error.message).to.match(
      /a CPU with AVX512 AVX512_VNNI, but this machine is one without avx512f, .*avx512_vnni/,
    );
    for (const [isa, there] of [
      ['AVX2', machine('sse4_2')],
      ['AVX512 AVX512_VNNI AMX_TILE', avx512],
      ['AVX2', machine('asimd', 'arm64')],
      ['VSX', avx512],
    ] as const) {
      await rejection(() => {
        checkTarget(target(isa), there);
      }, 'ERR_PLATFORM_UNSUPPORTED');
    }
    await rejection(() => targetOf({}), 'ERR_MODEL_FORMAT');
  });
});
