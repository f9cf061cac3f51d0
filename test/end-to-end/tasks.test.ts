import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ModelHost, ModelRegistry, Tensor, type HostModel, type Task } from 'node-libtorch';
import { postprocessorFor, type EmbeddingAnswer, type LabelAnswer } from 'node-libtorch/tasks';
import { rowModel } from '#dist/server/codec/row-model.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

type Specs = { name: string; dtype: string; shape: (number | null)[] }[];

interface Recorded {
  input_ids: number[][];
  attention_mask: number[][];
  mean: number[][];
  cls: number[][];
}

const recorded = JSON.parse(await readFile(fixture('tasks/encoder.json'), 'utf8')) as Recorded;
const spec = (name: string, dtype: string, ...shape: (number | null)[]) => ({ name, dtype, shape });
const encoderInputs = [spec('input_ids', 'int64', null, null), spec('attention_mask', 'int64', null, null)];
const encoderOutputs = [spec('tokens', 'float32', null, null, 4)];
const ids = Tensor.from(recorded.input_ids, 'int64');
const mask = Tensor.from(recorded.attention_mask, 'int64');

describe('ServedModel.predict', () => {
  let folder: string;
  let registry: ModelRegistry;
  const models: HostModel[] = [];

  /** Registers a fixture under a task of its own. */
  async function add(name: string, file: string, task: Task, inputs: Specs, outputs: Specs): Promise<void> {
    const bytes = await readFile(fixture(file));
    for (const kind of ['models', 'registry']) await mkdir(join(folder, kind, name, 'v1.0'), { recursive: true });
    await writeFile(join(folder, 'models', name, 'v1.0', 'model.pt'), bytes);
    const record = {
      ...{ schemaVersion: 1, name, version: 'v1.0', created: '2026-01-02T03:04:05Z', sourceCommit: 'a'.repeat(40) },
      engine: 'torchscript',
      artifact: {
        file: 'model.pt',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
      },
      framework: { torch: '2.15.0', python: '3.11' },
      ...{ signature: { inputs, outputs }, task, metrics: {}, training: { dataset: 'none' } },
    };
    await writeFile(join(folder, 'registry', name, 'v1.0', 'metadata.json'), JSON.stringify(record));
    models.push({ name, warmup: false });
  }

  let host: ModelHost;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-libtorch-tasks-'));
    const [x, y] = [[spec('x', 'float32', null, 4)], [spec('y', 'float32', null, 3)]];
    const labels = ['a', 'b', 'c'];
    const pictures = [[spec('pixels', 'float32', null, 3, 8, 8)], [spec('logits', 'float32', null, 2)]] as [
      Specs,
      Specs,
    ];
    const image = { size: 8, background: [255, 255, 255] } as const;
    const linear = 'torchscript/linear.pt';
    await add(
      'mean',
      'tasks/encoder.pt',
      { type: 'embedding', pooling: 'mean', normalize: true },
      encoderInputs,
      encoderOutputs,
    );
    await add(
      'cls',
      'tasks/encoder.pt',
      { type: 'embedding', pooling: 'cls', normalize: false },
      encoderInputs,
      encoderOutputs,
    );
    await add('several', linear, { type: 'multi-label', activation: 'sigmoid', labels, threshold: 0.5 }, x, y);
    await add('none', linear, { type: 'multi-label', activation: 'none', labels, threshold: 0.5 }, x, y);
    await add('other', linear, { type: 'other' }, x, y);
    await add(
      'pictures',
      'tasks/pictures.pt',
      { type: 'classification', activation: 'softmax', labels: ['red', 'blue'], image },
      ...pictures,
    );
    registry = await ModelRegistry.open({ registryDir: join(folder, 'registry'), modelsDir: join(folder, 'models') });
    host = await ModelHost.open({ registry, models: [...models, { file: fixture(linear), name: 'bare' }] });
  });
  after(async () => {
    await host?.close();
    await rm(folder, { recursive: true });
  });

  const embeddings = async (name: string, args: Parameters<ReturnType<ModelHost['model']>['predict']>[0]) =>
    ((await host.model(name).predict(args)) as EmbeddingAnswer).embeddings;
  const compare = (got: Tensor, wanted: number[][]) => {
    expect(got.shape).to.deep.equal([wanted.length, wanted[0]!.length]);
    for (const [i, value] of wanted.flat().entries()) expect(Number(got.data[i])).to.be.closeTo(value, 1e-6);
  };

  it('pools and normalises as PyTorch recorded it, arguments by name or in order', async () => {
    compare(await embeddings('mean', { attention_mask: mask, input_ids: ids }), recorded.mean);
    compare(await embeddings('mean', [ids, mask]), recorded.mean);
    compare(await embeddings('cls', [ids, mask]), recorded.cls);
  });

  it('answers labels with the functions of node-libtorch/tasks', async () => {
    const served = host.model('several');
    const x = Tensor.from([
      [1, 2, 3, 4],
      [-4, -3, -2, -1],
    ]);
    const { timings, ...answer } = await served.predict(x);
    expect(answer).to.deep.equal(postprocessorFor(served.record!.task)(await served.run(x)));
    expect((answer as LabelAnswer<'multi-label'>).rows).to.have.length(2);
    expect(timings.runMs).to.be.greaterThan(0);
  });

  it('takes encoded images where the record says how they become an input', async () => {
    const [red, blue] = await Promise.all(
      [
        { r: 255, g: 0, b: 0 },
        { r: 0, g: 0, b: 255 },
      ].map((background) =>
        sharp({ create: { width: 20, height: 10, channels: 3, background } })
          .jpeg()
          .toBuffer(),
      ),
    );
    const served = host.model('pictures');
    const { rows } = (await served.predict([red!, blue!])) as LabelAnswer<'classification'>;
    expect(rows.map(([best]) => best!.label)).to.deep.equal(['red', 'blue']);
    expect(rows[0]![0]!.score).to.be.closeTo(1 / (1 + Math.exp(-4)), 0.01);
    const one = (await served.predict(blue!, { topK: 1 })) as LabelAnswer<'classification'>;
    expect(one.rows).to.have.length(1);
    expect(one.rows[0]).to.have.length(1);
    await rejection(() => served.predict(Buffer.from('nothing')), 'ERR_INVALID_IMAGE');
    await rejection(() => served.predict(red!, { maxPixels: 199 }), 'ERR_OUT_OF_RANGE');
    await rejection(() => served.predict(red!, { timeoutMs: 1e-6 }), 'ERR_TIMEOUT');
    const stop = AbortSignal.abort(new Error('nobody waits'));
    expect(await served.predict(red!, { signal: stop }).catch((error: unknown) => error)).to.equal(stop.reason);
  });

  it('answers the digit model as /predict does', async () => {
    await using digits = await ModelHost.open({ models: [{ name: 'mnist-mlp' }], warmupBatchSizes: [1] });
    const served = digits.model();
    const values = Float32Array.from({ length: 784 * 2 }, (_, i) => (i % 29) / 28);
    const { predictions, confidenceScores } = await rowModel(served).predict({ rows: values, batchSize: 2 });
    const { rows } = (await served.predict(new Tensor('float32', values, [2, 784]), {
      topK: 10,
    })) as LabelAnswer<'classification'>;
    expect(rows.map(([best]) => best!.index)).to.deep.equal(predictions);
    for (const [i, row] of rows.entries()) {
      expect(row[0]!.score).to.be.closeTo(confidenceScores[i]!, 1e-6);
      expect(row.reduce((sum, { score }) => sum + score, 0)).to.be.closeTo(1, 1e-5);
    }
  });

  it('takes the task of a file without a record from its host', async () => {
    const labels = ['a', 'b', 'c'];
    const file = fixture('torchscript/linear.pt');
    await using own = await ModelHost.open({ models: [{ file, name: 'mine', task: { type: 'multi-label', labels } }] });
    const x = Tensor.from([[1, 2, 3, 4]]);
    const { timings: _, ...answer } = await own.model().predict(x);
    const { timings: __, ...registered } = await host.model('several').predict(x);
    expect(answer).to.deep.equal(registered);
    expect(own.model().task).to.deep.equal({ type: 'multi-label', activation: 'sigmoid', threshold: 0.5, labels });
    const open = (task: object) => ModelHost.open({ models: [{ file, task: task as never, warmup: false }] });
    for (const [task, what] of [
      [{ type: 'nothing' }, 'one of classification'],
      [{ type: 'classification' }, 'labels'],
      [{ type: 'classification', labels, activation: 'sigmoid' }, '/task/activation'],
      [{ type: 'classification', labels, extra: 1 }, '/task/extra'],
      [{ type: 'classification', labels: [] }, '/task/labels'],
      [{ type: 'classification', labels, image: { size: 0 } }, '/task/image/size'],
    ] as const) {
      expect((await rejection(() => open(task), 'ERR_INVALID_ARGUMENT')).message, what).to.include(what);
    }
    await rejection(
      () => ModelHost.open({ models: [{ name: 'x', task: { type: 'other' } } as never] }),
      'ERR_INVALID_ARGUMENT',
    );
  });

  it('numbers the classes of a file that says how many there are', async () => {
    const file = fixture('onnx/linear.onnx');
    await using own = await ModelHost.open({ models: [{ file, task: { type: 'classification' }, warmup: false }] });
    const { task, signature } = own.model();
    const classes = signature?.outputs[0]?.shape?.at(-1) as number;
    expect(task).to.deep.include({ type: 'classification', activation: 'softmax' });
    expect((task as unknown as { labels: string[] }).labels).to.deep.equal([...Array(classes).keys()].map(String));
    // More or fewer than there are is a mistake.
    const wrong = { type: 'classification', labels: ['only'] } as const;
    await rejection(() => ModelHost.open({ models: [{ file, task: wrong, warmup: false }] }), 'ERR_INVALID_ARGUMENT');
  });

  it('decodes no image for a caller that gave up while it waited', async () => {
    const picture = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const served = host.model('pictures');
    const stop = new AbortController();
    const reason = new Error('gone');
    const calls = Array.from({ length: 8 }, () =>
      served.predict(picture, { signal: stop.signal }).catch((error: unknown) => error),
    );
    const other = served.predict(picture);
    stop.abort(reason);
    expect(await Promise.all(calls)).to.deep.equal(Array(8).fill(reason));
    expect(((await other) as LabelAnswer<'classification'>).rows).to.have.length(1);
  });

  it('refuses other tasks, inputs and options', async () => {
    const x = Tensor.from([[1, 2, 3, 4]]);
    for (const name of ['other', 'bare']) await rejection(() => host.model(name).predict(x), 'ERR_TASK');
    const several = host.model('several');
    await rejection(() => several.predict(Buffer.alloc(4)), 'ERR_TASK');
    await rejection(() => several.predict(Tensor.from([[1, 2]])), 'ERR_INVALID_SHAPE');
    await rejection(() => several.predict(x, { topK: 2 }), 'ERR_INVALID_ARGUMENT');
    const pictures = host.model('pictures');
    const pixels = new Tensor('float32', new Float32Array(192), [1, 3, 8, 8]);
    for (const topK of [0, 3, 1.5]) await rejection(() => pictures.predict(pixels, { topK }), 'ERR_OUT_OF_RANGE');
    const empty = Tensor.from(
      [
        [0, 0, 0, 0],
        [1, 1, 0, 0],
      ],
      'int64',
    );
    // Before the run: afterwards nothing would tell it from a fault of the model.
    const runs: string[] = [];
    host.on('run', ({ outcome }) => runs.push(outcome));
    await rejection(() => host.model('mean').predict([ids, empty]), 'ERR_OUT_OF_RANGE');
    await rejection(() => host.model('mean').predict({ input_ids: ids, attention_mask: empty }), 'ERR_OUT_OF_RANGE');
    expect(runs).to.deep.equal([]);
    await rejection(() => host.model('mean').predict([ids]), 'ERR_INVALID_INPUT');
  });

  it('says that the model is to blame for an output that cannot be its task’s', async () => {
    const nan = Tensor.from([[NaN, 0, 0, 0]]);
    await rejection(() => host.model('several').predict(nan), 'ERR_BAD_OUTPUT');
    await rejection(() => host.model('none').predict(Tensor.from([[100, 100, -100, 100]])), 'ERR_BAD_OUTPUT');
  });
});
