import { inspect } from 'node:util';
import { expect } from 'chai';
import { loadModel, runtime } from 'node-libtorch';
import type { RuntimeInfo } from '#dist/engines/runtime.js';
import { printable } from '#dist/engines/runtime-text.js';
import { digitModel } from '../support/paths.js';

/** As console.log shows it. */
function linesOf(info: RuntimeInfo): string[] {
  const lines = inspect(info).split('\n');
  expect(lines).to.have.length.at.most(24);
  for (const line of lines) expect(line).to.have.length.at.most(80);
  return lines;
}

describe('runtime.info() on a terminal', () => {
  it('fits 24 lines of 80 columns, names its members and changes none', async () => {
    await using model = await loadModel(digitModel, { device: 'cpu' });
    const info = await runtime.info();
    const text = linesOf(info).join('\n');
    for (const member of Object.keys(info)) expect(text).to.match(new RegExp(`^  ${member}`, 'm'));
    expect(text)
      .to.include(info.libtorch.version)
      .and.include(`sha256 ${model.info.sha256.slice(0, 8)}`);
    expect(info).to.deep.equal(structuredClone(info));
    expect(Object.keys(JSON.parse(JSON.stringify(info)) as object)).to.deep.equal(Object.keys(info));
    expect(inspect({ deep: { info } }, { depth: 1 })).to.include('[RuntimeInfo]');
  });

  it('fits with many models, devices, warnings and long paths', async () => {
    const info = await runtime.info();
    const model = { engine: 'torchscript', device: 'cuda:0', precision: 'fp16', instances: 16, sha256: 'a'.repeat(64), parameterBytes: 1e12, artifactBytes: 1 } as const;
    const long = `/${'folder/'.repeat(60)}libtorch.so`;
    const crowded = printable({
      ...info,
      libtorch: { ...info.libtorch, path: long, cuda: true, warnings: Array.from({ length: 9 }, (_, i) => `warning ${i} ${long}\n${long}`) },
      addon: { ...info.addon, path: long },
      devices: Array.from({ length: 8 }, (_, i) => ({ name: `cuda:${i}`, type: 'cuda', failure: `CUDA error\n${long}` })),
      operatorLibraries: Array.from({ length: 30 }, () => long),
      models: Array.from({ length: 40 }, () => model),
    });
    const text = linesOf(crowded).join('\n');
    expect(text).to.match(/and 37 more/).and.match(/and 6 more/).and.match(/and 8 more/);
    expect(text).to.match(/…\S*libtorch\.so$/m);
  }); // prettier-ignore
});
