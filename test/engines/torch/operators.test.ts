import { copyFileSync, linkSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { loadModel, ModelHost, runtime, Tensor, type LoadOptions, type Model } from 'node-libtorch';
import { expectValue } from '../../support/values.js';
import { node } from '../../support/child.js';
import { compileOperators } from '../../support/compile.js';
import { rejection } from '../../support/errors.js';
import { fixture, root } from '../../support/paths.js';
import { recordedCases } from '../../support/recorded.js';

const clipped = fixture('operators/clipped.pt');
const limited = fixture('operators/limited.pt');
const child = `${root}test/engines/torch/children/operators.mjs`;

describe('custom operators', function () {
  this.timeout(180_000);
  let library: string;
  let folder: string;
  before(async () => {
    library = await compileOperators(fixture('operators/myops.cc'));
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-operators-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const load = (file: string, options: LoadOptions = {}): Promise<Model> =>
    loadModel(file, { device: 'cpu', operatorLibraries: [library], ...options });
  /** Asks a fresh process, where nothing is open yet. */
  const fresh = async (...args: string[]) => {
    const { code, signal, stdout, stderr } = await node([child, ...args]);
    expect({ code, signal }, stderr).to.deep.equal({ code: 0, signal: null });
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it('are missing without their library: the error names the operator and the option', async () => {
    const { code, message } = await fresh(clipped);
    expect(code, String(message)).to.equal('ERR_OPERATOR_NOT_FOUND');
    expect(message).to.match(/myops::soft_clip,.*operatorLibraries.*--operator-library/);
  });

  for (const optimize of ['none', 'freeze', 'inference'] as const) {
    it(`give PyTorch's recorded answers and errors, with optimize: '${optimize}'`, async () => {
      const models = {
        'clipped.pt': await load(clipped, { optimize }),
        'limited.pt': await load(limited, { optimize }),
      };
      for (const { name, file, calls } of recordedCases('operators')) {
        for (const { method, ways, expected, tolerance, error } of calls) {
          for (const args of ways([])) {
            const answer = models[file as keyof typeof models].call(method, args);
            if (error === undefined) expectValue(await answer, expected, tolerance, name);
            else expect((await rejection(() => answer, 'ERR_MODEL_EXECUTION')).message).to.include(error);
          }
        }
      }
      for (const model of Object.values(models)) await model.dispose();
    });
  }

  it('may throw what is no exception, and something that reads like CUDA: an error of that run alone', async () => {
    await using model = await load(clipped);
    const x = Tensor.from([1, 2]);
    await rejection(() => model.call('fail', [x, 'number']), 'ERR_MODEL_EXECUTION');
    await rejection(() => model.call('fail', [x, 'device']), 'ERR_DEVICE_UNAVAILABLE');
    expect((await model.call<Tensor>('fail', [x, 'not'])).toArray()).to.deep.equal([1, 2]);
    expect((await runtime.info()).devices[0]).to.deep.equal({ name: 'cpu', type: 'cpu' });
  });

  it('are opened once: again, by a relative path, by a link, by another name of the same file', async () => {
    const link = join(folder, 'link.so');
    symlinkSync(library, link);
    const name = join(join(library, '..'), 'other-name.so');
    rmSync(name, { force: true });
    linkSync(library, name);
    for (const path of [library, relative(process.cwd(), library), link, name]) {
      await using model = await load(limited, { operatorLibraries: [path, path] });
      expect((await model.call<Tensor>('forward', [Tensor.from([0]), 1])).toArray()).to.deep.equal([0]);
    }
    rmSync(name);
    expect((await runtime.info()).operatorLibraries).to.deep.equal([library]);
  });

  it('are opened for a compiled package as well, by a relative path too', async () => {
    const operatorLibraries = [relative(process.cwd(), library)];
    await using model = await load(fixture('aoti/elementwise.pt2'), { operatorLibraries });
    expect(model.info.engine).to.equal('aotinductor');
    expect((await runtime.info()).operatorLibraries).to.deep.equal([library]);
  });

  it('load in four workers at once, beside a host of the main thread', async () => {
    await using host = await ModelHost.open({
      models: [{ file: limited, load: { device: 'cpu', operatorLibraries: [library] }, warmup: false }],
    });
    const answers = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const worker = new Worker(child, { argv: [limited, library] });
        const [answer] = (await once(worker, 'message')) as [{ output: number[] }];
        return answer.output;
      }),
    );
    for (const output of answers) expect(output).to.deep.equal(answers[0]);
    const served = await host.model().call<Tensor>('forward', [Tensor.from([1, 2, 3]), 2]);
    expect([...(served.data as Float32Array)]).to.deep.equal(answers[0]);
  });

  it('load in several threads of a process that has nothing open', async () => {
    expect(await fresh(limited, library, 'workers')).to.deep.equal({ workers: 4, answers: 1 });
  });

  it('leave the event loop alone while they are opened', async () => {
    // Whoever holds it does so each time; a machine that is busy with something else may do so once.
    for (let attempts = 3; attempts > 0; attempts--) {
      const { code, longest } = await fresh(limited, library, 'ticks');
      expect(code).to.equal(undefined);
      if (Number(longest) >= 250 && attempts > 1) continue;
      expect(longest, 'ms between two turns').to.be.below(250);
      return;
    }
  });

  it('do not hold runtime.info() while an initializer runs: it lists what is open by then', async () => {
    const held = await compileOperators(fixture('operators/held.cc'));
    const { code, signal, stdout, stderr } = await node([child, clipped, held, 'held'], { HOLD_FOLDER: folder });
    expect({ code, signal }, stderr).to.deep.equal({ code: 0, signal: null });
    const copy = process.platform === 'linux' ? [{ here: false, open: [], isSettled: false }] : [];
    expect(JSON.parse(stdout)).to.deep.include({
      seen: [...copy, { here: true, open: [], isSettled: false }],
      open: [held],
    });
  });

  describe('in a library that cannot be opened', () => {
    const faults: readonly [what: string, make: () => string, says: RegExp][] = [
      ['missing', () => join(folder, 'nowhere.so'), /nowhere\.so does not exist or cannot be read \(ENOENT\)/],
      ['a folder', () => folder, /is not a regular file/],
      [
        'a text',
        () => {
          const path = join(folder, 'text.so');
          writeFileSync(path, 'not a library, but longer than the header of one would be, so that this is no reason\n');
          return path;
        },
        /is no shared library of this platform/,
      ],
      [
        'cut off',
        () => {
          const path = join(folder, 'cut.so');
          copyFileSync(library, path);
          truncateSync(path, 20_000);
          return path;
        },
        /is truncated/,
      ],
    ];
    for (const [what, make, says] of faults) {
      it(`(${what})`, async () => {
        const path = make();
        const { message } = await rejection(() => load(limited, { operatorLibraries: [path] }), 'ERR_OPERATOR_LIBRARY');
        expect(message).to.match(says).and.include(path);
      });
    }

    for (const [define, says] of [
      ['MISSING_SYMBOL', /needs the symbol elsewhere::missing\(int\), which no loaded library has: .*another LibTorch/],
      ['CUDA_SYMBOL', /needs the symbol c10::cuda::current_device\(\), which comes with CUDA: .*torchvision/],
      ['THROWS', /an initializer of it failed: Only a single TORCH_LIBRARY .* namespace aten/],
      ['CRASHES', /it ended the process that tried it with Segmentation fault/],
    ] as const) {
      it(`(${define.toLowerCase().replace('_', ' ')}): the process lives on, and later libraries load`, async () => {
        const broken = await compileOperators(fixture('operators/broken.cc'), [`-D${define}`]);
        const answer = await fresh(limited, library, 'after', broken);
        expect(answer).to.include({ code: 'ERR_OPERATOR_LIBRARY' });
        expect(answer['message']).to.match(says);
        expect(answer['output']).to.have.length(3);
      });
    }

    it('(a copy of one that is open: its namespace is taken)', async () => {
      await using _first = await load(limited);
      const copy = join(folder, 'copy.so');
      copyFileSync(library, copy);
      const { message } = await rejection(() => load(limited, { operatorLibraries: [copy] }), 'ERR_OPERATOR_LIBRARY');
      expect(message).to.match(/Only a single TORCH_LIBRARY .* namespace myops/);
    });

    it('(another file in the place of one that is open)', async () => {
      const path = join(folder, 'replaced.so');
      copyFileSync(library, path);
      const answer = await fresh(limited, path, 'replace', library);
      expect(answer).to.include({ code: 'ERR_OPERATOR_LIBRARY' });
      expect(answer['message']).to.match(/was replaced since it was opened; restart the process/);
    });
  });

  for (const wrong of ['libmyops.so', [''], [1], ['a\0b'], new Array(65).fill('a'), null]) {
    it(`are refused as ${JSON.stringify(wrong)?.slice(0, 30)}`, async () => {
      await rejection(
        () => loadModel(limited, { operatorLibraries: wrong as unknown as string[] }),
        'ERR_INVALID_ARGUMENT',
      );
    });
  }

  it('are not for ONNX models', async () => {
    await rejection(() => loadModel('model.onnx', { operatorLibraries: [library] }), 'ERR_INVALID_ARGUMENT');
  });

  it('come with the flag --operator-library and its variable', async () => {
    const cli = `${root}dist/cli/main.js`;
    const args = ['inspect', clipped, '--device', 'cpu', '--json'];
    const found = await node([cli, ...args, '--operator-library', library, '--operator-library', library]);
    expect(found.code, found.stderr).to.equal(0);
    expect(JSON.parse(found.stdout)).to.include({ engine: 'torchscript' });
    const variable = await node([cli, ...args], { NODE_LIBTORCH_OPERATOR_LIBRARIES: library });
    expect(variable.code, variable.stderr).to.equal(0);
    const without = await node([cli, ...args]);
    expect(without.code).to.equal(1);
    expect(without.stdout + without.stderr).to.include('ERR_OPERATOR_NOT_FOUND');
  });
});
