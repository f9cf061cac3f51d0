import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Tensor, type AddOptions } from 'node-libtorch';
import { originOfOnnx } from '#dist/engines/onnx/origin.js';
import { engineTable } from '#dist/engines/index.js';
import { statedCommit } from '#dist/registry/record/git.js';
import { withParts } from '#dist/registry/record/signature.js';
import { rejection } from '../support/errors.js';
import { digitModel, fixture, onnx } from '../support/paths.js';
import { rawZip } from '../support/raw-zip.js';
import { entriesIn } from '../support/repack.js';
import { temporaryRegistry } from '../support/temporary-registry.js';

const version = 'v1.0';
const pixels = { inputs: [{ dtype: 'float32', shape: [null, 784], range: [0, 1] }] } as const;
const digits = Array.from({ length: 10 }, (_, i) => String(i));
const commit = '0123456789abcdef0123456789abcdef01234567';

describe('the record that is written', function () {
  this.timeout(60_000);
  const current = temporaryRegistry();
  const add = (file: string, options: Partial<AddOptions> = {}) =>
    current().registry.add(file, { name: 'model', version, ...options });

  describe('its signature', () => {
    it('has what the file says, what is stated, and what the runs showed', async () => {
      const { record } = await add(digitModel, {
        signature: { ...pixels, outputs: [{ name: 'logits' }] },
      });
      expect(record.signature).to.deep.equal({
        inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }],
        outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 10] }],
      });
    });

    it('names what is missing, and how to say it', async () => {
      const { message, errors } = await rejection(() => add(digitModel), 'ERR_INVALID_ARGUMENT');
      expect(message).to.match(/dtype and a shape for the input input.*--input 'input:float32\[\?,784\]'.*--example/);
      expect(errors?.[0]?.pointer).to.equal('/signature/inputs');
      expect(current().content()).to.deep.equal([]);
    });

    it('is not looked for where what is stated is nested too deeply', async () => {
      const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as never;
      const stated = [
        { metrics: { deep } },
        { training: { dataset: 'x', deep } },
        { framework: { deep } },
        { signature: { inputs: [{ shape: deep }] } },
        { task: { type: 'classification', labels: deep } },
        { record: { metrics: { deep } } },
      ] as unknown as Partial<AddOptions>[];
      for (const options of stated) {
        const { message } = await rejection(() => add(digitModel, options), 'ERR_MANIFEST');
        expect(message).to.match(/\/(metrics|training|framework|signature|task) must be nested at most 64 levels deep/);
      }
      expect(current().content()).to.deep.equal([]);
    });

    const contradictions: [string, string, AddOptions['signature'], RegExp][] = [
      ['a dtype of the file', onnx('linear'), { inputs: [{ name: 'x', dtype: 'int64' }] }, /float32 for x.*int64/],
      ['a shape of the file', onnx('linear'), { inputs: [{ shape: [null, 5] }] }, /\[batch, 4\] for x/],
      ['a name of the file', onnx('linear'), { inputs: [{ name: 'pixels' }] }, /inputs of the names x/],
      [
        'a dtype that the run returned',
        digitModel,
        { ...pixels, outputs: [{ dtype: 'int64', shape: [null, 10] }] },
        /int64 for output/,
      ],
      [
        'a size that the run returned',
        digitModel,
        { ...pixels, outputs: [{ dtype: 'float32', shape: [null, 11] }] },
        /\[\?, 11\]|\[null, 11\]/,
      ],
      ['a number of outputs', digitModel, { ...pixels, outputs: [{ name: 'a' }, { name: 'b' }] }, /outputs/],
    ];
    for (const [what, file, signature, said] of contradictions) {
      it(`is refused where it contradicts ${what}`, async () => {
        const { message } = await rejection(() => add(file, { signature: signature! }), 'ERR_SIGNATURE_MISMATCH');
        expect(message).to.match(said);
      });
    }

    it('puts parts to the specifications that they name, else by their place', () => {
      const own = {
        inputs: ['a', 'b'].map((name) => ({ name, dtype: null, shape: null })),
        outputs: [{ name: 'output', dtype: null, shape: null, type: 'Dict[str, Tensor]' }],
      };
      const named = withParts(own, { inputs: [{ name: 'b', dtype: 'int64' }] });
      expect(named.inputs.map(({ dtype }) => dtype)).to.deep.equal([null, 'int64']);
      const placed = withParts(own, { inputs: [{ name: 'x', dtype: 'int64' }, { shape: [2] }] });
      expect(placed.inputs).to.deep.equal([
        { name: 'x', dtype: 'int64', shape: null },
        { name: 'b', dtype: null, shape: [2] },
      ]);
      const tensors = withParts(own, { outputs: [{ name: 'p', dtype: 'float32', shape: [2] }] });
      expect(tensors.outputs[0]).to.deep.equal({ name: 'p', dtype: 'float32', shape: [2] });
    });
  });

  describe('its task', () => {
    it('is none where nobody says one, and is held against the outputs', async () => {
      expect((await add(onnx('linear'))).record.task).to.deep.equal({ type: 'other' });
      const task = { type: 'classification' } as const;
      const missing = await rejection(() => add(onnx('linear'), { name: 'b', task }), 'ERR_INVALID_ARGUMENT');
      expect(missing.message).to.match(/labels.*classification.*--labels/);
      const few = rejection(() => add(onnx('linear'), { name: 'b', task, labels: ['a', 'b'] }), 'ERR_INVALID_ARGUMENT');
      expect((await few).message).to.match(/labels must be as many as the last dimension of the output, 3/);
      const { record } = await add(onnx('linear'), { name: 'b', task, labels: ['a', 'b', 'c'] });
      expect(record.task).to.deep.include({ type: 'classification', labels: ['a', 'b', 'c'] });
    });
  });

  describe('what is stated', () => {
    const record = {
      metrics: { testAccuracy: 0.5 },
      training: { dataset: 'digits' },
      sourceCommit: commit,
      framework: { torch: '2.15.0' },
      signature: pixels,
      task: { type: 'classification', activation: 'softmax', labels: digits },
      created: '2026-01-02T03:04:05Z',
    };

    it('comes from a record, behind the options', async () => {
      const added = await add(digitModel, { record, metrics: { testAccuracy: 0.75 }, strict: true });
      expect(added.record).to.deep.include({
        metrics: { testAccuracy: 0.75 },
        training: { dataset: 'digits' },
        sourceCommit: commit,
        created: '2026-01-02T03:04:05Z',
      });
      expect(added.record.framework).to.deep.equal({ torchscript: { archiveVersion: 3 }, torch: '2.15.0' });
      expect(added.record.task).to.have.property('type', 'classification');
    });

    it('is demanded with strict: all that is missing at once', async () => {
      const { message, errors } = await rejection(
        () => add(digitModel, { signature: pixels, strict: true }),
        'ERR_MANIFEST',
      );
      expect(errors?.map(({ pointer }) => pointer)).to.deep.equal([
        ...['/metrics', '/training', '/sourceCommit', '/framework'],
      ]);
      expect(message).to.match(/--record FILE.*--source-commit/);
      const empty = { metrics: {}, training: { dataset: 'digits' }, sourceCommit: commit, framework: { torch: '2' } };
      const other = await rejection(
        () => add(digitModel, { ...empty, signature: pixels, strict: true }),
        'ERR_MANIFEST',
      );
      expect(other.errors?.map(({ pointer }) => pointer)).to.deep.equal(['/metrics']);
    });

    it('is held to the schema before anything is copied or tried', async () => {
      const stages: string[] = [];
      const onProgress: AddOptions['onProgress'] = ({ stage }) => stages.push(stage);
      const wrong = {
        record: { training: { seed: 'x' }, surprise: 1, artifact: {}, name: 'other' },
        onProgress,
      };
      const named = await rejection(() => add(onnx('linear'), wrong), 'ERR_MANIFEST');
      expect(named.errors?.map(({ pointer }) => pointer)).to.include('/name');
      const { errors } = await rejection(
        () => add(onnx('linear'), { ...wrong, record: { ...wrong.record, name: 'model' } }),
        'ERR_MANIFEST',
      );
      expect(errors?.map(({ pointer }) => pointer)).to.include.members(['/training', '/training/seed', '/surprise']);
      expect(stages).to.deep.equal([]);
    });

    it('is refused when it is of another file', async () => {
      const artifact = { sha256: '0'.repeat(64), bytes: 1, file: 'x.onnx' };
      const { errors } = await rejection(() => add(onnx('linear'), { record: { artifact } }), 'ERR_MANIFEST');
      expect(errors?.map(({ pointer }) => pointer)).to.deep.equal(['/artifact/sha256', '/artifact/bytes']);
      expect(current().content()).to.deep.equal([]);
    });
  });

  describe('where the file is from', () => {
    it('an ONNX file says who made it', async () => {
      const { record } = await add(onnx('linear'));
      expect(record.framework).to.have.property('producer', 'node-libtorch');
      expect(record.framework).to.have.nested.property('opset.ai\\.onnx').that.is.a('number');
    });

    it('metadata of a file is read, a commit among it, and hostile metadata is not taken for more', async () => {
      // metadata_props: { key, value }
      const entry = (key: string, value: string): Buffer => {
        const part = (number: number, text: string) =>
          Buffer.concat([Buffer.from([number * 8 + 2, text.length]), Buffer.from(text)]);
        const body = Buffer.concat([part(1, key), part(2, value)]);
        return Buffer.concat([Buffer.from([14 * 8 + 2, body.length]), body]);
      };
      const path = join(current().folder, 'made.onnx');
      const model = readFileSync(onnx('linear'));
      writeFileSync(
        path,
        Buffer.concat([model, entry('git_commit', commit), entry('__proto__', 'x'), entry('author', 'me')]),
      );
      const { record } = await add(path);
      expect(record.sourceCommit).to.equal(commit);
      const { metadata } = record.framework as { metadata: Record<string, string> };
      expect(Object.entries(metadata)).to.deep.equal([
        ['git_commit', commit],
        ['__proto__', 'x'],
        ['author', 'me'],
      ]);
      expect(await originOfOnnx(digitModel)).to.equal(undefined);
      writeFileSync(path, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]));
      expect(await originOfOnnx(path)).to.satisfy(
        (origin?: { framework: object }) => !origin || Object.keys(origin.framework).length === 0,
      );
    });

    it('an extra file of a TorchScript archive may name the commit', async () => {
      const entries = (await entriesIn(fixture('torchscript/linear.pt'))).map(({ name, data }) => ({
        name,
        body: data,
      }));
      const [root = ''] = entries[0]!.name.split('/');
      const path = join(current().folder, 'extra.pt');
      writeFileSync(path, rawZip([...entries, { name: `${root}/extra/commit.txt`, body: Buffer.from(`${commit}\n`) }]));
      expect((await engineTable.torchscript.origin(path))?.sourceCommit).to.equal(commit);
      expect(await engineTable.torchscript.origin(onnx('linear'))).to.equal(undefined);
    });
  });

  describe('the commit', () => {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', current().folder, '-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
        encoding: 'utf8',
      }).trim();

    it('is looked up where it is named, and never made up', async () => {
      git('init', '-q');
      copyFileSync(onnx('linear'), join(current().folder, 'tracked.onnx'));
      git('add', 'tracked.onnx');
      git('commit', '-qm', 'one');
      const head = git('rev-parse', 'HEAD');
      expect(await statedCommit('HEAD', current().folder)).to.equal(head);
      expect(await statedCommit(commit, current().folder)).to.equal(commit);
      for (const name of ['none', '--help', '-c', 'HEAD; touch x', '']) {
        await rejection(() => statedCommit(name, current().folder), 'ERR_INVALID_ARGUMENT');
      }
      // The commit that a file lies in is not the one that it was made from.
      expect((await add(join(current().folder, 'tracked.onnx'))).record).to.not.have.property('sourceCommit');
      writeFileSync(join(current().folder, 'tracked.onnx'), 'changed');
      const { message } = await rejection(() => statedCommit('HEAD', current().folder), 'ERR_INVALID_ARGUMENT');
      expect(message).to.match(/commit them first/);
    });
  });

  it('says what an example added to the signature', async () => {
    const example = new Tensor('int64', BigInt64Array.from([0n, 1n]), [1, 2]);
    const { record } = await add(fixture('faults/execution-errors/Ids.pt'), { example });
    expect(record.signature.inputs[0]).to.deep.include({ dtype: 'int64', shape: [null, 2] });
    expect(record.admission?.warnings?.join()).to.match(/of the example/);
  });
});
