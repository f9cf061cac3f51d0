import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
import { recordedCases } from '../../support/recorded.js';
import { expectValue } from '../../support/values.js';

const folder = 'export/versions';
const cases = recordedCases(folder);

describe('files of torch.export.save by several versions of PyTorch', () => {
  for (const version of ['2.9', '2.12', '2.15']) {
    const mine = cases.filter(({ file }) => file.endsWith(`-${version}.pt2`));

    it(`${version}: answers as that version did`, async () => {
      expect(new Set(mine.map(({ file }) => file)).size).to.be.at.least(4);
      for (const optimize of ['none', 'freeze'] as const) {
        for (const { file, calls } of mine) {
          const model = await loadModel(fixture(`${folder}/${file}`), { optimize });
          const names = model.info.methods[0]?.args.map(({ name }) => name) ?? [];
          for (const { ways, expected, tolerance } of calls) {
            for (const args of ways(names)) expectValue(await model.call('forward', args), expected, tolerance);
          }
          await model.dispose();
        }
      }
    });
  }

  it('2.8: refused with the command that saves it again', async () => {
    const { message } = await rejection(() => loadModel(fixture(`${folder}/mlp-2.8.pt2`)), 'ERR_MODEL_FORMAT');
    expect(message).to.match(/2\.8 or older.*python -c .*torch\.export\.save/s);
  });

  it('were made by the versions that their names say', () => {
    for (const { file } of cases) {
      const [, version] = /-([\d.]+)\.pt2$/.exec(file) ?? [];
      expect(readFileSync(fixture(`${folder}/${file}`), 'latin1')).to.include(`"torch_version":"${version}.`);
    }
  });
});
