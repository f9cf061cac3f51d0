/** P3: values of other realms (vm, Jest) are what they are, at every public function; and the package runs inside one. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { expect } from 'chai';
import { BatchQueue, float32ToFloat16, loadModel, ModelHost, runtime, Tensor, type Value } from 'node-libtorch';
import { imageToTensor, softmax } from 'node-libtorch/tasks';
import { scrub } from '#dist/monitoring/scrub.js';
import { isError, warnOf } from '#dist/errors.js';
import { toJson } from '#dist/cli/output.js';
import { node } from '../support/child.js';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/errors.js';

const context = createContext({ Buffer, bytes: readFileSync(fixture('torchscript/linear.pt')) });
/** What an expression is in the other realm. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what it is, only the caller knows
const foreign = <T>(expression: string): T => runInContext(expression, context) as T;

describe('values of another realm', () => {
  const data = foreign<Float32Array>('new Float32Array([1, 2, 3, 4])');
  const x = (): Tensor => new Tensor('float32', data, foreign<number[]>('[1, 4]'));

  it('are foreign to instanceof, which is what this is about', () => {
    expect(data).to.not.be.instanceOf(Float32Array);
    expect(foreign('[]')).to.not.be.instanceOf(Array);
    expect(foreign('new Map()')).to.not.be.instanceOf(Map);
  });

  it('make tensors: data, shapes, nested arrays, JSON', () => {
    expect(x().toArray()).to.deep.equal([[1, 2, 3, 4]]);
    expect(Tensor.from(foreign<number[][]>('[[1, 2], [3, 4]]')).shape).to.deep.equal([2, 2]);
    expect(Tensor.zeros(foreign('[2, 3]')).shape).to.deep.equal([2, 3]);
    expect(Tensor.full(foreign('[2]'), 1n).toArray()).to.deep.equal([1n, 1n]);
    expect(x().reshape(foreign('[2, -1]')).shape).to.deep.equal([2, 2]);
    const json = foreign('({ dtype: "int64", shape: [2], data: [1, "9223372036854775807"] })');
    expect(Tensor.fromJSON(json).toArray()).to.deep.equal([1n, 9223372036854775807n]);
    expect([...float32ToFloat16(data)]).to.deep.equal([0x3c00, 0x4000, 0x4200, 0x4400]);
    expect(softmax(x()).shape).to.deep.equal([1, 4]);
  });

  it('load models: options, bytes, an ArrayBuffer, a digest, a signal', async () => {
    const options = foreign<{ engine: 'torchscript' }>('({ engine: "torchscript", device: "cpu" })');
    for (const source of ['new Uint8Array(bytes)', 'new Uint8Array(bytes).buffer', 'bytes']) {
      await using model = await loadModel(foreign<Uint8Array>(source), options);
      expect((await model.run(x())).shape).to.deep.equal([1, 3]);
    }
    await rejection(() => loadModel(foreign<Uint8Array>('new Float32Array(4)'), options), 'ERR_INVALID_ARGUMENT');
  });

  it('are arguments: arrays, objects, Maps, options', async () => {
    await using model = await loadModel(fixture('torchscript/linear.pt'));
    const args = foreign<unknown[]>('[]');
    args.push(x());
    expect((await model.run(args as Value[], foreign('({ timeoutMs: 60000 })'))).shape).to.deep.equal([1, 3]);
    const named = foreign<Record<string, Value>>('({})');
    named['x'] = x();
    expect((await model.call<Tensor>('forward', named)).shape).to.deep.equal([1, 3]);
    await model.warmup({ example: args as Value[], batchSizes: foreign('[1, 2]') });
    await using queue = new BatchQueue(model, foreign('({ maxBatchSize: 4, rowIndependent: true })'));
    expect((await queue.run(x(), foreign('({ priority: 1 })'))).shape).to.deep.equal([1, 3]);
    await using dicts = await loadModel(fixture('torchscript/int_keys.pt'));
    const { name } = dicts.info.methods[0]!;
    const map = foreign<Map<number, Value>>('new Map()');
    for (const key of [1, 2]) map.set(key, Tensor.from([key]));
    const own = new Map(map);
    const answer = async (given: Value): Promise<string> =>
      dicts.call(name, [given]).then(
        (value) => JSON.stringify(toJson(value)),
        (error: unknown) => (error as Error).message,
      );
    expect(await answer(map)).to.equal(await answer(own));
  });

  it('open a host, and ask it', async () => {
    const options = foreign<object>('({ models: [{ name: "linear", warmup: false }] })') as {
      models: { name: string; file: string }[];
    };
    options.models[0]!.file = fixture('torchscript/linear.pt');
    const host = await ModelHost.open(options);
    expect((await host.model('linear').run(x())).shape).to.deep.equal([1, 3]);
    await host.close();
    // Encoded images are known by what they are: they are refused as such, and not as arguments.
    const digits = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
    const image = foreign<Uint8Array>('new Uint8Array(4)');
    for (const input of [image, [image], new Uint8Array(4)]) {
      const { message } = await rejection(() => digits.model().predict(input), 'ERR_TASK');
      expect(message).to.include('for encoded images');
    }
    await digits.close();
  });

  it('are bytes of images', async () => {
    const given = { file: readFileSync(fixture('images/rgb.png')) };
    const other = foreign<Uint8Array>('new Uint8Array(100000)').subarray(0, given.file.length);
    other.set(given.file);
    const options = { size: [2, 2] as const };
    const [own, same] = await Promise.all([given.file, other].map((bytes) => imageToTensor(bytes, options)));
    expect(same!.toArray()).to.deep.equal(own!.toArray());
  });

  it('are settings, and errors that are logged', async () => {
    await rejection(() => {
      runtime.configure(foreign('({ intraOpThreads: 0 })'));
    }, 'ERR_INVALID_ARGUMENT');
    const error = foreign<Error>('new RangeError("there", { cause: new Error("before") })');
    expect(isError(error)).to.equal(true);
    const own = new RangeError('there', { cause: new Error('before') });
    const plain = (thrown: unknown): unknown =>
      JSON.parse(JSON.stringify(scrub({ err: thrown }), (key, v) => (key === 'stack' ? '' : v) as unknown));
    expect(plain(error)).to.deep.equal(plain(own));
    const kinds = ['new Map([[1, "secret"]])', 'new Set(["secret"])', 'new Uint8Array(8)', 'new ArrayBuffer(8)'];
    for (const kind of kinds) expect(JSON.stringify(scrub({ given: foreign(kind) }))).to.not.include('secret');
    expect(scrub({ given: foreign('new ArrayBuffer(8)') })).to.deep.equal(scrub({ given: new ArrayBuffer(8) }));
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    warnOf(error);
    expect((await warned).message).to.include('there');
  });

  it('print as ours do', () => {
    const map = foreign<Map<string, Value>>('new Map([["a", 1]])');
    expect(toJson(map)).to.deep.equal([['a', 1]]);
  });
});

describe('the package inside another realm, as Jest runs it', () => {
  it('loads, runs, batches, serves and fails as elsewhere', async () => {
    const script = ['test/faults/children/in-context.mjs', 'test/faults/children/context-script.mjs'];
    const { code, stdout, stderr } = await node(['--no-warnings', '--experimental-vm-modules', ...script], {}, 110_000);
    expect(code, stderr).to.equal(0);
    const { missing, ...found } = JSON.parse(stdout) as Record<string, unknown> & { missing: readonly string[] };
    expect(missing[0]).to.equal('ERR_MODEL_LOAD');
    expect(missing[1]).to.include('No such file');
    const engine = (wrong: string): unknown[] => [
      [2, 3],
      [2, 3],
      true,
      2,
      'float32',
      'Error: given up',
      wrong,
      'ERR_DISPOSED',
    ];
    expect(found).to.deep.equal({
      isForeign: true,
      pt: engine('ERR_MODEL_EXECUTION'),
      pt2: engine('ERR_INVALID_SHAPE'),
      onnx: engine('ERR_INVALID_SHAPE'),
      bytes: [
        [2, 3],
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      dict: 'none',
      softmax: [[0.5, 0.5]],
      devices: true,
      host: [2, 3],
      server: 200,
    });
  }).timeout(120_000);
});
