import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AddOptions } from 'node-libtorch';
import { notesOf } from '#dist/model/notes.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
import { temporaryRegistry } from '../support/temporary-registry.js';

const task = { type: 'classification', activation: 'softmax', labels: ['cat', 'dog', 'fox'] } as const;
const signature = { inputs: [{ dtype: 'float32', shape: [null, 4] }] } as const;

describe('what the exporter wrote into a file', function () {
  this.timeout(60_000);
  const current = temporaryRegistry();
  const add = (file: string, options: Partial<AddOptions> = {}) =>
    current().registry.add(fixture(`notes/${file}`), { name: 'model', version: 'v1.0', ...options });

  for (const file of ['labelled.pt2', 'compiled.pt2', 'labelled.onnx', 'labelled.pt']) {
    it(`becomes the task of the record: ${file}`, async () => {
      const { record } = await add(file, file.endsWith('.pt') ? { signature } : {});
      expect(record.task).to.deep.equal(task);
      expect(record.signature.outputs[0]?.shape).to.deep.equal([null, 3]);
      expect(JSON.stringify(record.framework ?? {})).not.to.include('fox');
    });
  }

  it('gives way to what is stated', async () => {
    const labels = ['Katze', 'Hund', 'Fuchs'];
    const { record } = await add('labelled.onnx', { labels });
    expect(record.task).to.deep.equal({ ...task, labels });
    const other = await add('labelled.onnx', { version: 'v1.1', task: { type: 'other' } });
    expect(other.record.task).to.deep.equal({ type: 'other' });
  });

  it('is held to the schema of a record', async () => {
    const odd = readFileSync(fixture('notes/labelled.onnx'), 'latin1').replace('"classification"', '"classifying..."');
    writeFileSync(join(current().folder, 'odd.onnx'), odd, 'latin1');
    const { message } = await rejection(
      () => current().registry.add(join(current().folder, 'odd.onnx'), { name: 'model', version: 'v1.0' }),
      'ERR_INVALID_ARGUMENT',
    );
    expect(message).to.match(/classifying\.\.\./);
  });

  it('is left out where it is not what the exporter writes', () => {
    const texts = [
      undefined,
      '',
      '{',
      'null',
      '[]',
      '{"version":2,"task":{"type":"other"}}',
      '{"version":1,"task":[]}',
    ];
    for (const text of [...texts, '{"version":1,"task":{"type":3}}', ' '.repeat(5 * 2 ** 20)]) {
      expect(notesOf(text)).to.deep.equal({});
    }
    expect(notesOf('{"version":1,"task":{"type":"other"}}')).to.deep.equal({ task: { type: 'other' } });
  });
});
