/** T5: a loaded model costs its weights once; what a load, a failed load or an aborted one took goes when it ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { node } from '../support/child.js';
import { padded, withTensors } from '../support/large-model.js';
import { fixture } from '../support/paths.js';

/** Of the weights of each model here, in MiB. */
const weights = 128;
/** What a load may take beside the weights. */
const slack = 32;

interface Resident {
  readonly before: number;
  readonly loaded: number;
  readonly after: number;
  readonly code?: string;
  readonly parameters?: number;
}

describe('memory of a load', function () {
  this.timeout(120_000);
  let folder = '';
  const path = (name: string): string => join(folder, name);
  const measure = async (file: string, how: string, most = slack): Promise<Resident> => {
    const ended = await node(['test/faults/children/resident.mjs', path(file), how, String(most), String(slack)]);
    expect(ended, ended.stderr).to.include({ code: 0 });
    return JSON.parse(ended.stdout) as Resident;
  };

  before(async function () {
    if (process.platform !== 'linux') this.skip();
    folder = mkdtempSync(join(tmpdir(), 'memory-test-'));
    for (const name of ['one', 'many']) await withTensors(fixture(`faults/memory/${name}.zip`), path(`${name}.pt`));
    await padded(fixture('aoti/mlp.pt2'), path('padded.pt2'), weights * 2 ** 20);
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  for (const file of ['one.pt', 'many.pt']) {
    for (const how of ['path', 'bytes']) {
      it(`${file} from ${how}: the weights once while it is loaded, and nothing after it`, async () => {
        const { before, loaded, after } = await measure(file, how, weights + slack);
        expect(loaded - before, 'loaded').to.be.within(weights - 8, weights + slack);
        expect(after - before, 'disposed').to.be.at.most(slack);
      });
    }
  }

  it('a package whose bytes are unpacked: none of them', async () => {
    const { before, loaded, after } = await measure('padded.pt2', 'path');
    expect(loaded - before, 'loaded').to.be.at.most(slack);
    expect(after - before, 'disposed').to.be.at.most(slack);
  });

  for (const file of ['one.pt', 'many.pt', 'padded.pt2']) {
    const failures = { 'wrong digest': 'ERR_INTEGRITY', 'wrong device': 'ERR_DEVICE_UNAVAILABLE' };
    for (const [how, expected] of Object.entries({ ...failures, 'wrong signature': 'ERR_SIGNATURE_MISMATCH' })) {
      it(`${file}, ${how}: nothing stays`, async () => {
        const { before, after, code } = await measure(file, how);
        expect(code).to.equal(expected);
        expect(after - before).to.be.at.most(slack);
      });
    }
    for (const how of ['aborted while it is read', 'aborted while it is loaded', 'many times']) {
      it(`${file}, ${how}: nothing stays`, async () => {
        const { before, after } = await measure(file, how);
        expect(after - before).to.be.at.most(slack);
      });
    }
  }
});
