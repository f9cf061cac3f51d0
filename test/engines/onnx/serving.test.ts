import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, ModelHost, Tensor, type ModelRecord } from 'node-libtorch';
import { checkAgainstRecord } from '#dist/serving/check-record.js';
import { node } from '../../support/child.js';
import { rejection } from '../../support/errors.js';
import { onnx, root } from '../../support/paths.js';

describe('ONNX behind the host and the command line', function () {
  this.timeout(60_000);
  const main = `${root}dist/cli/main.js`;

  it('is warmed up, batched and drained by ModelHost', async () => {
    const host = await ModelHost.open({
      models: [{ file: onnx('linear'), name: 'line', batching: { maxBatchSize: 8 } }],
    });
    const model = host.model('line');
    const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
    const answers = await Promise.all(Array.from({ length: 30 }, () => model.run(x)));
    for (const answer of answers) expect(answer.toArray()).to.deep.equal(answers[0]?.toArray());
    expect(model.queue?.stats().batches).to.be.below(30);
    await host.close();
  });

  it('is held to its record by the names of its outputs', async () => {
    await using model = await loadModel(onnx('two'));
    const { sha256, artifactBytes: bytes } = model.info;
    const record = (width: number) =>
      ({
        ...{ name: 'two', version: 'v1.0', artifact: { sha256, bytes } },
        signature: {
          ...model.signature,
          outputs: model.signature?.outputs.map((output) => ({ ...output, shape: [null, width] })).reverse(),
        },
      }) as unknown as ModelRecord;
    await checkAgainstRecord(model, record(2), { run: true });
    const { message } = await rejection(
      () => checkAgainstRecord(model, record(3), { run: true }),
      'ERR_SIGNATURE_MISMATCH',
    );
    expect(message).to.include('greater');
  });

  it('is inspected', async () => {
    const ended = await node([main, 'inspect', onnx('two')]);
    expect(ended.code, ended.stderr).to.equal(0);
    expect(ended.stdout)
      .to.match(/onnx/)
      .and.match(/forward\(a: Tensor, b: Tensor\)/)
      .and.match(/out\s+greater\s+bool \[batch, 2\]/);
    const json = await node([main, 'inspect', onnx('two'), '--json']);
    expect(JSON.parse(json.stdout)).to.include({ engine: 'onnx', optimize: 'all' });
  });

  it('is run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-cli-'));
    try {
      const input = join(folder, 'input.json');
      await writeFile(input, JSON.stringify({ args: { b: [[1, 2]], a: [[0.5, 2]] } }));
      const ended = await node([main, 'run', onnx('two'), '--input', input, '--json']);
      expect(ended.code, ended.stderr).to.equal(0);
      expect(JSON.parse(ended.stdout)).to.have.nested.property('output.next.data').that.deep.equals([2, 3]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
