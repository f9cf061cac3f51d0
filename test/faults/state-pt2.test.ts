/** Compiled packages that change their buffers: known at the load, left alone by warm-up, never shared by two runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor, type LoadOptions, type Model, type Signature } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
import { recordedCases, type RecordedCall } from '../support/recorded.js';
import { compiled, entriesIn, scratch } from '../support/repack.js';
import { expectValue } from '../support/values.js';
import { zip } from '../support/zip.js';

const folder = 'faults/state-pt2';
const file = (name: string): string => fixture(`${folder}/${name}.pt2`);
const callsOf = (name: string): readonly RecordedCall[] =>
  recordedCases(folder).find((recorded) => recorded.name === name)?.calls ?? [];

/** PyTorch's answers, run after run on one model. */
async function expectAnswers(model: Model, name: string, between?: () => Promise<unknown>): Promise<void> {
  for (const { ways, expected, tolerance } of callsOf(name)) {
    await between?.();
    expectValue(await model.call('forward', ways([])[0] as Tensor[]), expected, tolerance);
  }
}
const exampleOf = (name: string) => callsOf(name)[0]?.ways([])[0] as readonly Tensor[];

describe('compiled packages that keep state', function () {
  this.timeout(60_000);
  const temporary = scratch();

  // A cache with index_put and a step in int64, a batch norm in training, a buffer that is exchanged with the input.
  for (const [name, buffers] of [
    ['cache', ['cache', 'step']],
    ['running', ['norm_running_mean', 'norm_running_var', 'norm_num_batches_tracked']],
    ['swap', ['last']],
  ] as const) {
    describe(name, () => {
      it('is known at the load, with the names of what changes', async () => {
        await using model = await loadModel(file(name));
        expect(model.info.stateful).to.equal(true);
        const named = model.info.statefulReason?.match(/buffers? (.*) when it runs/)?.[1]?.split(', ');
        expect(named).to.have.members([...buffers]);
      });

      it('is refused for two instances and for a queue', async () => {
        const error = await rejection(() => loadModel(file(name), { instances: 2 }), 'ERR_STATEFUL_MODEL');
        expect(error.message).to.include(buffers[0]);
        await using model = await loadModel(file(name));
        await rejection(() => new BatchQueue(model, { rowIndependent: true }), 'ERR_STATEFUL_MODEL');
      });

      it('answers as PyTorch, whatever is warmed up before and between', async () => {
        await using plain = await loadModel(file(name));
        await expectAnswers(plain, name);
        await using warm = await loadModel(file(name));
        const example = exampleOf(name);
        await expectAnswers(warm, name, () => warm.warmup({ example }));
      });
    });
  }

  it('a host’s own warm-up leaves the state alone', async () => {
    await using host = await ModelHost.open({ models: [{ file: file('swap'), name: 'swap' }] });
    const [first, second] = callsOf('swap') as [RecordedCall, RecordedCall];
    for (const { ways, expected, tolerance } of [first, second]) {
      expectValue(await host.model('swap').run((ways([])[0] as Tensor[])[0] as Tensor), expected, tolerance);
    }
  });

  it('buffers that are only read, views of them, and inputs that are written to are no state', async () => {
    for (const name of ['reads', 'writes_input']) {
      await using model = await loadModel(file(name), { instances: 2 });
      expect(model.info.stateful, model.info.statefulReason).to.equal(false);
      expect(model.info).not.to.have.property('statefulReason');
      await expectAnswers(model, name);
      await expectAnswers(model, name);
    }
  });

  it('packages of an exporter that did not write it down: a second copy shows it', async () => {
    for (const name of ['elementwise', 'mlp', 'conv', 'tokens', 'nested', 'derived', 'dtypes']) {
      await using model = await loadModel(compiled(name));
      expect(model.info.stateful, `${name}: ${model.info.statefulReason ?? ''}`).to.equal(false);
    }
  });

  describe('without a source and without metadata of ours', () => {
    const bare = async (name: string, signature: Signature, options: LoadOptions = {}): Promise<Model> => {
      const path = join(temporary(), `${name}.pt2`);
      writeFileSync(path, zip((await entriesIn(file(name))).filter((entry) => !/\.cpp$/.test(entry.name))));
      return loadModel(path, { ...options, signature });
    };
    const tensor = (name: string, dtype: 'float32' | 'int64', shape: readonly (number | null)[]) => ({
      name,
      dtype,
      shape,
    });
    const cache = { inputs: [tensor('x', 'float32', [2, 2]), tensor('position', 'int64', [2])], outputs: [] };

    it('runs on made-up inputs show what changes, on a copy', async () => {
      await using model = await bare('cache', cache);
      expect(model.info.statefulReason).to.match(/changes its buffers when it runs/);
      await expectAnswers(model, 'cache', () => model.warmup({ example: exampleOf('cache') }));
      await rejection(() => bare('cache', cache, { instances: 2 }), 'ERR_STATEFUL_MODEL');
      await using running = await bare('running', { inputs: [tensor('x', 'float32', [4, 3])], outputs: [] });
      expect(running.info.stateful).to.equal(true);
    });

    it('and what does not', async () => {
      const bounds = [{ min: 1, max: 8 }, null, null];
      const x = { ...tensor('x', 'float32', [null, 6, 4]), bounds };
      await using model = await bare('reads', { inputs: [x], outputs: [] }, { instances: 2 });
      expect(model.info.stateful, model.info.statefulReason).to.equal(false);
      await expectAnswers(model, 'reads');
    });
  });

  it('a constant that an operator of another library is given: the operator’s schema says whether it writes', async () => {
    const calling = async (target: string): Promise<Model> => {
      const entries = await entriesIn(fixture('faults/bounds-pt2/table.pt2'));
      const call =
        'aoti_torch_proxy_executor_call_function(proxy_executor, 0, 0, x, 1, std::array<AtenTensorHandle, 1>{table}.data());';
      const node = { target, inputs: [], outputs: [{ as_tensor: { name: 'buf9' } }], metadata: {} };
      const changed = entries.flatMap((entry) => {
        if (!entry.name.endsWith('.wrapper.cpp')) return [entry];
        const source = entry.data.toString().replace('inputs.clear();', `inputs.clear();\n${call}`);
        const list = {
          name: entry.name.replace(/cpp$/, 'json'),
          data: Buffer.from(JSON.stringify({ nodes: [{ name: 'buf9', node }] })),
        };
        return [{ ...entry, data: Buffer.from(source) }, list];
      });
      const path = join(temporary(), 'operator.pt2');
      writeFileSync(path, zip(changed));
      return loadModel(path);
    };
    await using pure = await calling('mkldnn::_linear_pointwise');
    expect(pure.info.stateful, pure.info.statefulReason).to.equal(false);
    await using writing = await calling('mkldnn::_convolution_pointwise_.binary');
    expect(writing.info.statefulReason).to.match(/operator mkldnn::_convolution_pointwise_\.binary, which writes/);
  });

  it('a copy whose run fails tells nothing: the package counts as stateful and says why', async () => {
    // The signature is wrong about a size, which an operator of PyTorch's sees before it reads.
    const path = join(temporary(), 'mm.pt2');
    const entries = await entriesIn(compiled('mlp'));
    writeFileSync(path, zip(entries.filter((entry) => !/\.cpp$/.test(entry.name))));
    const signature = { inputs: [{ name: 'x', dtype: 'float32', shape: [2, 7] }], outputs: [] } as const;
    await using model = await loadModel(path, { signature });
    expect(model.info.stateful).to.equal(true);
    expect(model.info.statefulReason).to.match(/could not be told: a run on made-up inputs failed/);
  });
});
