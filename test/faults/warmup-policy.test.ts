/** Warm-up that nobody asked for ends no host, and one that somebody did ends it with the reason. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, ModelHost, Tensor, type Value } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture, root } from '../support/paths.js';
import { quiet } from '../support/server/serve-process.js';

const file = (name: string): string => fixture(`faults/warmup/${name}.onnx`);
const zeros = (...shape: number[]): Tensor =>
  new Tensor('float32', new Float32Array(shape.reduce((all, size) => all * size, 1)), shape);
const ids = (...values: bigint[]): Tensor => new Tensor('int64', BigInt64Array.from(values), [values.length]);

interface Opened {
  readonly host: ModelHost;
  readonly warnings: readonly string[];
  readonly stages: readonly string[];
}

/** A host of one model, with what it told meanwhile. */
async function open(model: Parameters<typeof ModelHost.open>[0]['models'][number]): Promise<Opened> {
  const warnings: string[] = [];
  const stages: string[] = [];
  const host = ModelHost.start({ models: [model] });
  host.on('warning', ({ message }) => warnings.push(message));
  host.on('progress', ({ stage, rows }) => stages.push(rows === undefined ? stage : `${stage} ${rows}`));
  await host.ready;
  return { host, warnings, stages };
}

describe('warm-up on examples that we made up', () => {
  it('leaves out the sizes that a model refuses: it is warm for one row, and not batched', async () => {
    const { host, warnings } = await open({ file: file('baked_batch'), batching: {} });
    const served = host.model();
    expect(served.model.warmupReport).to.deep.include({ batchSizes: [1], rowIndependent: undefined });
    expect(served.model.warmupReport?.refused).to.match(/does not take 32 rows/);
    expect(served.queue).to.equal(undefined);
    expect(served.notBatched).to.match(/does not take 32 rows/);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/not batched.*32 rows.*warmup: { example }.*--warmup-example FILE/);
    expect((await served.run(zeros(1, 4))).shape).to.deep.equal([1, 3]);
    await host.close();
  });

  it('is warm for the rows of the example where the model takes those alone, and not batched', async () => {
    const { host, warnings } = await open({ file: file('baked_two'), batching: {} });
    const served = host.model();
    expect(served.model.warmupReport).to.deep.include({ batchSizes: [2], rowIndependent: undefined });
    expect(served.queue).to.equal(undefined);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/not batched: the model does not take 1 row.*--warmup-example FILE/);
    expect((await served.run(zeros(2, 4))).shape).to.deep.equal([2, 3]);
    await host.close();
  });

  it('goes on where the model takes no size: cold and not batched, with the shapes that were tried', async () => {
    for (const [name, batching, shapes, input] of [
      ['picky', {}, 'ids int64 \\[2\\]', ids(6n)],
      ['picky', false, 'ids int64 \\[2\\]', ids(6n)],
    ] as const) {
      const { host, warnings } = await open({ file: file(name), batching });
      const served = host.model();
      expect(served.model.warmupReport).to.equal(undefined);
      expect(served.queue).to.equal(undefined);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(new RegExp(`not warmed up.*${shapes}.*--warmup-example FILE.*--no-warmup`));
      expect(served.warnings).to.deep.equal(warnings);
      expect((await served.run(input)).shape).to.have.length(2);
      await host.close();
    }
  });

  it('finds plausible sizes of pictures and sound', async () => {
    for (const [name, input] of [
      ['pictures', zeros(2, 3, 9, 9)],
      ['sound', zeros(2, 500)],
    ] as const) {
      const { host, warnings } = await open({ file: file(name), batching: { maxBatchSize: 8 } });
      const served = host.model();
      expect(warnings, name).to.deep.equal([]);
      expect(served.model.warmupReport).to.deep.include({ batchSizes: [1, 8], rowIndependent: true });
      expect((await served.run(input)).shape[0]).to.equal(2);
      expect(served.queue?.stats().batches).to.equal(1);
      await host.close();
    }
  });

  it('is refused by loadModel’s own warm-up with the shapes', async () => {
    await using model = await loadModel(file('picky'));
    const { message } = await rejection(() => model.warmup(), 'ERR_MODEL_EXECUTION');
    expect(message).to.match(/example made from its signature, ids int64 \[2\]/);
  });

  it('reports a fixed batch as what it is', async () => {
    await using model = await loadModel(file('fixed_two'));
    for (const options of [{}, { example: zeros(2, 4) }, { batchSizes: [1, 32] }]) {
      expect(await model.warmup(options)).to.deep.include({ batchSizes: [2], rowIndependent: undefined, runs: 3 });
    }
  });

  it('tells its steps', async () => {
    const { host, stages } = await open({ file: fixture('onnx/linear.onnx'), batching: { maxBatchSize: 8 } });
    expect(stages.filter((stage) => stage !== 'load')).to.deep.equal(['warm-up 1', 'warm-up 8', 'rows', 'ready']);
    await host.close();
  });

  it('is a warning of the process where nobody listens', async () => {
    const told = new Promise<Error>((resolve) => process.once('warning', resolve));
    const host = await ModelHost.open({ models: [{ file: file('picky') }] });
    expect((await told).message).to.match(/^picky 1: not warmed up/);
    await host.close();
  });
});

describe('warm-up on an example of the caller', () => {
  it('ends the host where the model refuses it', async () => {
    const models = [{ file: file('picky'), warmup: { example: ids(9n) } }];
    await rejection(() => ModelHost.open({ models }), 'ERR_MODEL_EXECUTION');
  });

  it('warms a model that refuses ours', async () => {
    const { host, warnings } = await open({ file: file('picky'), warmup: { example: ids(5n, 6n, 7n) }, batching: {} });
    expect(warnings).to.deep.equal([]);
    expect(host.model().model.warmupReport).to.deep.include({ batchSizes: [1, 32], rowIndependent: true });
    expect(host.model().queue).not.to.equal(undefined);
    await host.close();
  });

  it('ends the host for a size that was asked for, and for none that was not', async () => {
    const example = zeros(1, 4);
    const warmup = { example, batchSizes: [1, 32] };
    await rejection(() => ModelHost.open({ models: [{ file: file('baked_batch'), warmup }] }), 'ERR_MODEL_EXECUTION');
    const { host } = await open({ file: file('baked_batch'), warmup: { example }, batching: {} });
    expect(host.model().model.warmupReport).to.deep.include({ batchSizes: [1] });
    expect(host.model().notBatched).to.match(/does not take 32 rows/);
    await host.close();
  });

  it('may be made of the loaded model', async () => {
    const { host } = await open({
      file: file('picky'),
      warmup: { example: ({ signature }) => ({ [signature!.inputs[0]!.name]: ids(5n, 6n) }) },
    });
    expect(host.model().model.warmupReport?.rowIndependent).to.equal(true);
    await host.close();
  });
});

describe('a TorchScript file without a signature', () => {
  const linear = fixture('torchscript/linear.pt');

  it('is warmed up and batched in a host that is given an example', async () => {
    const { host, warnings } = await open({ file: linear, batching: {}, warmup: { example: zeros(1, 4) } });
    expect(warnings).to.deep.equal([]);
    expect(host.model().queue).not.to.equal(undefined);
    await host.close();
  });

  it('says what to give in a host that is not', async () => {
    const { host, warnings } = await open({ file: linear, batching: {} });
    for (const said of [warnings[0], host.model().notBatched]) {
      expect(said).to.match(/no signature says enough of what forward takes \(x: Tensor\)/);
      expect(said).to.match(/{ file, warmup: { example } }.*--warmup-example FILE/);
    }
    await host.close();
  });

  it('says nothing in a host that was told not to warm up', async () => {
    const { host, warnings } = await open({ file: linear, batching: {}, warmup: false });
    expect(warnings).to.deep.equal([]);
    expect(host.model().notBatched).to.match(/never checked.*turned off/);
    await host.close();
  });
});

describe('an example', () => {
  it('is read as run reads it', async () => {
    const cases: [string, Value | readonly Value[]][] = [
      ['torchscript/linear.pt', zeros(1, 4)],
      ['torchscript/linear.pt', [zeros(1, 4)]],
      ['torchscript/linear.pt', { x: zeros(1, 4) }],
    ];
    for (const [name, example] of cases) {
      await using model = await loadModel(fixture(name));
      const answer = await model.run(example as Tensor);
      expect(answer.shape).to.deep.equal([1, 3]);
      expect((await model.warmup({ example: example as Tensor })).rowIndependent).to.equal(true);
    }
  });

  it('of a forward whose only argument is a dict or a list is that argument', async () => {
    await using model = await loadModel(fixture('torchscript/dict_input.pt'));
    const { type } = model.info.methods[0]!.args[0]!;
    expect(type).to.match(/^Dict/);
    const example = { a: zeros(2), b: zeros(2) };
    await model.run(example);
    expect((await model.warmup({ example })).runs).to.equal(3);
  });
});

describe('serve', () => {
  /** What is logged until the server is ready, which it then leaves. */
  const logOf = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const command = ['dist/cli/main.js', 'serve', ...args, '--port', '0'];
      const env = { ...process.env, ...quiet };
      const child = spawn(process.execPath, command, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let log = '';
      const add = (text: string): void => {
        log += text;
        if (/"msg":"ready"/.test(log)) child.kill('SIGTERM');
      };
      child.stdout.setEncoding('utf8').on('data', add);
      child.stderr.setEncoding('utf8').on('data', add);
      child.once('error', reject).once('close', () => resolve(log));
    });

  it('batches a model on its word with --row-independent on, and says so where it does not', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'warmup-'));
    try {
      const example = join(folder, 'x.json');
      writeFileSync(example, JSON.stringify({ dtype: 'float32', shape: [1, 4], data: [1, 2, 3, 4] }));
      const args = [fixture('faults/rows/dynamic_quantisation.pt'), '--warmup-example', example];
      const before = await logOf(...args);
      expect(before).to.match(/requests are not batched.*quantised.*--row-independent on/);
      expect(before).to.match(/"maxBatchSize":1,/);
      const after = await logOf(...args, '--row-independent', 'on');
      expect(after).not.to.match(/not batched/);
      expect(after).to.match(/"maxBatchSize":32,/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes --warmup-example and --no-warmup', async function () {
    this.timeout(180_000);
    const folder = mkdtempSync(join(tmpdir(), 'warmup-'));
    try {
      writeFileSync(join(folder, 'ids.json'), JSON.stringify([5, 6, 7]));
      const cases: [string[], RegExp, RegExp | undefined][] = [
        [[], /not warmed up.*--warmup-example/, undefined],
        [['--warmup-example', join(folder, 'ids.json')], /"rowIndependent":true/, /not warmed up|not batched/],
        [['--no-warmup'], /requests are not batched.*turned off/, /not warmed up/],
        [['--warmup', 'off'], /requests are not batched.*turned off/, /not warmed up/],
      ];
      for (const [args, wanted, unwanted] of cases) {
        const log = await logOf(file('picky'), ...args);
        expect(log, args.join(' ')).to.match(wanted);
        expect(log).to.match(/"msg":"ready"/);
        expect(log, 'the first step').to.match(/"stage":"load".*"msg":"loading a model"/);
        expect(log.match(/not batched/g) ?? [], 'one fact, one line').to.have.length(
          unwanted?.source.includes('batched') ? 0 : 1,
        );
        if (unwanted) expect(log, args.join(' ')).not.to.match(unwanted);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
