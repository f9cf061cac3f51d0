import { expect } from 'chai';
import { ModelHost, Tensor, type Model } from '#dist/index.js';
import { ServerCall } from '#dist/server/call.js';
import { createContext } from '#dist/server/context.js';
import { resolveAppOptions } from '#dist/server/options.js';
import { infer } from '#dist/server/inference/infer.js';
import { interfaceOf } from '#dist/server/inference/model-interface.js';
import { datatypeTable, type Datatype } from '#dist/protocol/datatype.js';
import type { InferRequest, TensorContent } from '#dist/protocol/messages.js';
import { root } from '../../support/paths.js';
import { rejection } from '../../support/errors.js';

const fixture = (path: string) => `${root}/test/fixtures/${path}`;
const float32 = (shape: number[], ...values: number[]) => new Tensor('float32', Float32Array.from(values), shape);
const int64 = (shape: number[], ...values: number[]) =>
  new Tensor('int64', BigInt64Array.from(values.map(BigInt)), shape);
const strings = (shape: number[], ...data: string[]) => ({ shape, data });

describe('inference by names', () => {
  let host: ModelHost;
  const files = [
    ...['torchscript/linear', 'torchscript/defaults', 'torchscript/dict_input', 'torchscript/dict_output'].map(
      (name) => `${name}.pt`,
    ),
    ...[
      'torchscript/tuple_output',
      'torchscript/list_input',
      'torchscript/nested_input',
      'torchscript/no_forward',
      'torchscript/lists',
      'torchscript/nested_output',
      'torchscript/int_keys',
    ].map((name) => `${name}.pt`),
    ...['aoti/nested.pt2', 'aoti/mlp.pt2', 'onnx/two.onnx', 'onnx/dtypes.onnx'],
  ];
  before(async () => {
    const named = files.map((path) => ({
      file: fixture(path),
      name: path.replace(/.*\/|\..*/g, ''),
      warmup: false as const,
    }));
    const models = [
      { name: 'mnist-mlp' },
      ...named.map((one) => (one.name === 'nested' ? { ...one, name: 'nested_package' } : one)),
    ];
    host = await ModelHost.open({ models });
  });
  after(() => host.close());

  const call = () => {
    const options = { host, logger: false as const };
    return new ServerCall(createContext(options, resolveAppOptions(options)), {
      id: '1',
      method: 'POST',
      caller: { signal: new AbortController().signal },
    });
  };
  const ask = async (model: string, inputs: Record<string, TensorContent>, more: Partial<InferRequest> = {}) => {
    const named = Object.entries(inputs).map(([name, content]) => ({ name, content }));
    const { outputs } = await infer(call(), { model }, { inputs: named, ...more });
    return Object.fromEntries(outputs.map(({ name, content }) => [name, content]));
  };
  const shown = (content: TensorContent | undefined) =>
    content instanceof Tensor ? [content.dtype, [...content.shape], content.toArray()] : content;
  const refused = (
    model: string,
    inputs: Record<string, TensorContent>,
    code: string,
    more: Partial<InferRequest> = {},
  ) => rejection(() => ask(model, inputs, more), code);

  it('answers as the model does, with its names, by every name that an input has', async () => {
    const model: Model = host.model('linear').model;
    const x = float32([2, 4], 1, 2, 3, 4, 5, 6, 7, 8);
    const wanted = await model.run(x);
    for (const name of ['x', 'INPUT__0', 'ARGS[0]', 'KWARGS[x]']) {
      const { output } = await ask('linear', { [name]: x });
      expect(shown(output), name).to.deep.equal(shown(wanted));
    }
    for (const name of ['output', 'OUTPUT__0', 'RESULT', 'RESULT[0]']) {
      expect(Object.keys(await ask('linear', { x }, { outputs: [{ name }] }))).to.deep.equal([name]);
    }
  });

  it('refuses names that the model has not, and each twice', async () => {
    const x = float32([1, 3], 1, 2, 3);
    const { message } = await refused('linear', { y: x }, 'ERR_INVALID_INPUT');
    expect(message).to.equal('Expected the inputs x but received "y"');
    await refused('linear', {}, 'ERR_INVALID_INPUT');
    await refused('linear', { x, INPUT__0: x }, 'ERR_INVALID_INPUT');
    await refused('linear', { INPUT__1: x }, 'ERR_INVALID_INPUT');
    await refused('linear', { 'x[0]': x }, 'ERR_INVALID_INPUT');
    await refused('linear', { ['__proto__']: x }, 'ERR_INVALID_INPUT');
    await refused('linear', { x: strings([1, 3], 'a', 'b', 'c') }, 'ERR_INVALID_DTYPE');
    await refused('linear', { x }, 'ERR_INVALID_INPUT', { outputs: [{ name: 'other' }] });
    await refused('linear', { x }, 'ERR_INVALID_INPUT', { outputs: [{ name: 'output' }, { name: 'output' }] });
    await refused('missing', { x }, 'ERR_MODEL_NOT_FOUND');
    await refused('no_forward', { x }, 'ERR_INVALID_ARGUMENT');
  });

  it('makes lists and dicts of what is in them', async () => {
    const a = float32([2], 1, 2);
    const b = float32([2], 3, 4);
    const list = await ask('list_input', { 'xs[0]': a, 'xs[1]': b });
    expect(shown(list['output_0'])).to.deep.equal(['int64', [], 2n]);
    expect(shown(list['output_1'])).to.deep.equal(['float32', [2], [4, 6]]);
    expect(shown((await ask('list_input', { 'ARGS[0][0]': a }))['output_1'])).to.deep.equal(['float32', [2], [1, 2]]);
    const dict = await ask('dict_input', { 'xs[left]': a, 'xs.right': b });
    expect(shown(dict["left'"])).to.deep.equal(['float32', [2], [2, 4]]);
    expect(shown(dict["right'"])).to.deep.equal(['float32', [2], [6, 8]]);
    await refused('list_input', { 'xs[0]': a, 'xs[2]': b }, 'ERR_INVALID_INPUT');
    await refused('list_input', { 'xs[0]': a, 'xs[0][0]': b }, 'ERR_INVALID_INPUT');
  });

  it('names what is in a tuple and a dict, and tells scalars and texts apart', async () => {
    const x = float32([2, 3], 1, 2, 3, 6, 5, 4);
    const dict = await ask('dict_output', { x });
    expect(Object.keys(dict)).to.deep.equal(['sum', 'max', 'argmax']);
    expect(shown(dict['argmax'])).to.deep.equal(['int64', [2], [2n, 0n]]);
    const chosen = await ask('dict_output', { x }, { outputs: [{ name: 'RESULT[max]' }, { name: 'OUTPUT__0' }] });
    expect(Object.keys(chosen)).to.deep.equal(['RESULT[max]', 'OUTPUT__0']);
    const tuple = await ask('tuple_output', { x });
    expect(Object.values(tuple).map(shown)).to.deep.equal([
      [
        'float32',
        [2, 3],
        [
          [2, 3, 4],
          [7, 6, 5],
        ],
      ],
      ['int64', [], 2n],
      ['float64', [], 0.5],
      ['bool', [], true],
      { shape: [], data: ['done'] },
    ]);
  });

  it('gives nested packages their leaves by every way', async () => {
    const served = host.model('nested_package');
    const { inputs } = interfaceOf(served);
    const example = Object.fromEntries(
      inputs.map(({ name, shape, datatype }) => {
        const sizes = shape.map((size) => (size < 0 ? 2 : size));
        const { dtype } = datatypeTable[datatype as Datatype];
        return [name, Tensor.zeros(sizes, dtype)];
      }),
    );
    const wanted = await ask('nested_package', example);
    expect(Object.keys(wanted)).to.have.length.above(0);
    const brackets = Object.fromEntries(
      Object.entries(example).map(([name, value]) => [name.replace(/\.([^.]*)/g, '[$1]'), value]),
    );
    const roots = [...new Set(inputs.map(({ name }) => name.split('.')[0]))];
    const positional = Object.fromEntries(
      Object.entries(brackets).map(([name, value]) => [
        name.replace(/^[^[]*/, (root) => `ARGS[${roots.indexOf(root)}]`),
        value,
      ]),
    );
    for (const given of [brackets, positional]) {
      const answer = await ask('nested_package', given);
      for (const [name, content] of Object.entries(wanted))
        expect(shown(answer[name]), name).to.deep.equal(shown(content));
    }
  });

  it('says the datatypes and shapes that the model has', () => {
    const of = (name: string) => interfaceOf(host.model(name));
    expect(of('mnist-mlp').inputs).to.deep.equal([{ name: 'input', datatype: 'FP32', shape: [-1, 784] }]);
    expect(of('linear').inputs).to.deep.equal([{ name: 'x', datatype: '', shape: [-1] }]);
    expect(of('two').inputs.map(({ datatype }) => datatype)).to.not.include('');
    expect(
      of('tuple_output')
        .outputs.map(({ datatype }) => datatype)
        .slice(1, 5),
    ).to.deep.equal(['INT64', 'FP64', 'BOOL', 'BYTES']);
  });

  it('gives the best classes, with labels where the record has them', async () => {
    const input = new Tensor('float32', new Float32Array(784 * 2), [2, 784]);
    const scores = await ask('mnist-mlp', { INPUT__0: input });
    const [name, logits] = Object.entries(scores)[0] as [string, Tensor];
    const row = [...logits.data.slice(0, 10)].map(Number);
    const order = row.map((_, i) => i).sort((a, b) => (row[b] as number) - (row[a] as number));
    const best = await ask('mnist-mlp', { input }, { outputs: [{ name, parameters: { classification: 3n } }] });
    const classes = best[name] as { shape: number[]; data: string[] };
    expect(classes.shape).to.deep.equal([2, 3]);
    expect(classes.data.slice(0, 3)).to.deep.equal(
      order.slice(0, 3).map((i) => `${(row[i] as number).toFixed(6)}:${i}:${i}`),
    );
    for (const classification of [0, -1, 1.5, 'two', true]) {
      await refused('mnist-mlp', { input }, 'ERR_OUT_OF_RANGE', {
        outputs: [{ name, parameters: { classification } }],
      });
    }
  });

  it('keeps to the time and the priority that are asked for', async () => {
    const input = new Tensor('float32', new Float32Array(784), [1, 784]);
    await ask('mnist-mlp', { input }, { parameters: { timeout: 10_000_000, priority: 1 } });
    await ask('mnist-mlp', { input }, { parameters: { timeout: 0, priority: 0 } });
    await refused('mnist-mlp', { input }, 'ERR_TIMEOUT', { parameters: { timeout: 1 } });
    for (const priority of [11, 11n]) {
      await refused('mnist-mlp', { input }, 'ERR_INVALID_ARGUMENT', { parameters: { priority } });
      // Without a queue it means nothing, and is looked at all the same.
      await refused('linear', { x: float32([1, 4], 1, 2, 3, 4) }, 'ERR_INVALID_ARGUMENT', { parameters: { priority } });
    }
    for (const parameters of [{ timeout: -1 }, { timeout: 0.5 }, { priority: -1 }, { priority: 'high' }]) {
      await refused('mnist-mlp', { input }, 'ERR_OUT_OF_RANGE', { parameters });
    }
  });

  it('keeps names and datatypes when a list is empty or a value is whole', async () => {
    const bools = new Tensor('bool', Uint8Array.from([1]), [1]);
    const floats = (...values: number[]) => new Tensor('float64', Float64Array.from(values), [values.length]);
    for (const value of [1, 1.25]) {
      const given = { ints: int64([0]), floats: floats(value), bools, strings: strings([1], 'a') };
      const answer = await ask('lists', given);
      const kinds = Object.values(answer).map((content) => (content instanceof Tensor ? content.dtype : 'text'));
      expect(Object.keys(answer)).to.deep.equal(['output_0', 'output_1', 'output_2', 'output_3']);
      expect(kinds).to.deep.equal(['int64', 'float64', 'bool', 'text']);
      expect(shown(answer['output_0'])).to.deep.equal(['int64', [0], []]);
      const first = await ask('lists', given, { outputs: [{ name: 'OUTPUT__0' }] });
      expect(shown(first['OUTPUT__0'])).to.deep.equal(['int64', [0], []]);
    }
    const none = {
      ints: int64([0]),
      floats: floats(),
      bools: new Tensor('bool', new Uint8Array(), [0]),
      strings: strings([0]),
    };
    expect(Object.keys(await ask('lists', none))).to.have.length(4);
  });

  it('takes the name of a list or a dict for all that is in it, and no output twice', async () => {
    const x = float32([2, 3], 1, 2, 3, 6, 5, 4);
    for (const name of ['output', 'RESULT']) {
      expect(Object.keys(await ask('dict_output', { x }, { outputs: [{ name }] }))).to.deep.equal([
        'sum',
        'max',
        'argmax',
      ]);
    }
    await refused('dict_output', { x }, 'ERR_INVALID_INPUT', { outputs: [{ name: 'sum' }, { name: 'OUTPUT__0' }] });
    await refused('dict_output', { x }, 'ERR_INVALID_INPUT', { outputs: [{ name: 'output' }, { name: 'max' }] });
    const nested = await ask('nested_output', { x });
    expect(Object.entries(nested).map(([name, content]) => [name, (content as Tensor).dtype])).to.deep.equal([
      ['output_0.rows.0.0', 'float32'],
      ['output_0.rows.0.1', 'int64'],
      ['output_0.rows.1.0', 'float32'],
      ['output_0.rows.1.1', 'int64'],
      ['output_1.twice.0', 'float32'],
      ['output_1.twice.1', 'float32'],
    ]);
    const some = await ask('nested_output', { x }, { outputs: [{ name: 'RESULT[0][rows][1]' }, { name: 'output_1' }] });
    expect(Object.keys(some)).to.have.length(4);
  });

  it('reads nested inputs and keys that are no texts', async () => {
    const nested = {
      'xs[a][0][0]': float32([2], 1, 2),
      'xs[a][0][1]': int64([1], 2),
      'flags[0]': new Tensor('bool', Uint8Array.from([1, 0]), [2]),
    };
    const answer = await ask('nested_input', nested);
    expect(answer['output_0']).to.deep.equal({ shape: [1], data: ['a'] });
    expect(shown(answer['output_1'])).to.deep.equal(['float32', [2], [2, 4]]);
    expect(shown(answer['output_2'])).to.deep.equal(['int64', [], 1n]);
    const keyed = await ask('int_keys', { 'xs[1]': float32([2], 3, 4) });
    expect(shown(keyed['2'])).to.deep.equal(['float32', [2], [6, 8]]);
    await refused('int_keys', { 'xs[one]': float32([2], 3, 4) }, 'ERR_INVALID_INPUT');
    const { message } = await refused('list_input', { xs: float32([2], 1, 2) }, 'ERR_INVALID_INPUT');
    expect(message).to.contain('xs[0]');
    const empty = await ask('list_input', { xs: new Tensor('float32', new Float32Array(), [0]) });
    expect(shown(empty['output_0'])).to.deep.equal(['int64', [], 0n]);
  });

  it('reads scalars from tensors of one element', async () => {
    const { inputs } = interfaceOf(host.model('defaults'));
    expect(inputs.map(({ datatype }) => datatype)).to.include('INT64');
    await refused('nested_input', { 'flags[0]': int64([1], 1) }, 'ERR_INVALID_INPUT');
  });
});
