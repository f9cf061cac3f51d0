/** Real models held to records: what only a run shows, and dictionaries by the names of their entries. */
import { expect } from 'chai';
import { loadModel, type ModelRecord, type Signature, type TensorSpec } from 'node-libtorch';
import { checkAgainstRecord } from '#dist/serving/check-record.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

const rows: TensorSpec = { name: 'x', dtype: 'float32', shape: [null, 3] };
const sum: TensorSpec = { name: 'sum', dtype: 'float32', shape: [null] };
const max: TensorSpec = { name: 'max', dtype: 'float32', shape: [null] };
const argmax: TensorSpec = { name: 'argmax', dtype: 'int64', shape: [null] };

async function check(file: string, signature: Signature, options = { run: true }): Promise<void> {
  await using model = await loadModel(fixture(file.includes('/') ? file : `torchscript/${file}.pt`), { signature });
  const { sha256, artifactBytes: bytes } = model.info;
  const record = { name: 'm', version: 'v1.0', artifact: { file, sha256, bytes }, signature, task: { type: 'other' } };
  await checkAgainstRecord(model, record as unknown as ModelRecord, options);
}

describe('records of models with outputs by name', () => {
  it('fit in any order', async () => {
    await check('dict_output', { inputs: [rows], outputs: [sum, max, argmax] });
    await check('dict_output', { inputs: [rows], outputs: [argmax, sum, max] });
  });

  it('fit where a compiled package nests them', async () => {
    await using model = await loadModel(fixture('aoti/nested.pt2'));
    const { inputs, outputs } = model.signature as Signature;
    expect(outputs.map(({ name }) => name)).to.deep.equal(['sum', 'parts.0', 'parts.1']);
    await check('aoti/nested.pt2', { inputs, outputs });
  });

  const wrong: [string, readonly TensorSpec[], RegExp][] = [
    ['a name too few', [sum, max], /outputs sum, max.*"argmax" too/],
    ['a name too many', [sum, max, argmax, { ...sum, name: 'mean' }], /a tensor for output mean.*undefined/],
    ['another name', [sum, max, { ...argmax, name: 'index' }], /"argmax" too/],
    ['another dtype', [sum, max, { ...argmax, dtype: 'int32' }], /int32 \[\?\] for output argmax.*int64 \[1\]/],
    ['another rank', [{ ...sum, shape: [null, 1] }, max, argmax], /\[\?, 1\] for output sum/],
    [
      'bounds that the output leaves',
      [{ ...sum, bounds: [{ min: 2, max: 3 }] }, max, argmax],
      /\[2\.\.3\] for output sum/,
    ],
  ];
  for (const [what, outputs, why] of wrong) {
    it(`refuse ${what}`, async () => {
      const signature = { inputs: [rows], outputs };
      const error = await rejection(() => check('dict_output', signature), 'ERR_SIGNATURE_MISMATCH');
      expect(error.message).to.match(why);
      await check('dict_output', signature, { run: false });
    });
  }

  it('leave alone what has no order, and what nobody has an example of', async () => {
    const other: TensorSpec = { name: 'y', dtype: 'bool', shape: [7] };
    await check('int_keys', { inputs: [{ ...rows, name: 'xs', type: 'Dict[int, Tensor]' }], outputs: [other] });
    await check('slow', {
      inputs: [rows, { name: 'steps', dtype: null, shape: null, type: 'int' }],
      outputs: [other],
    });
  });
});
