import { expect } from 'chai';
import { node } from '../support/child.js';
import { root } from '../support/paths.js';

/** Opens ahead what a model needs, in a process of its own: says whether that has begun, and fixed the threads by that. */
async function begun(model: object): Promise<string> {
  const script = `
    import { configureCompute, openEngines } from '${root}dist/cli/engines-ahead.js';
    import { runtime } from '${root}dist/engines/runtime.js';
    import { loadSettings } from '${root}dist/server/settings/load.js';
    const job = { models: [${JSON.stringify(model)}], settings: loadSettings({ env: {} }) };
    configureCompute(job);
    await openEngines(job);
    try { runtime.configure({ intraOpThreads: 1 }); console.log('nothing'); }
    catch ({ code }) { console.log(code); }`;
  const { code, stdout, stderr } = await node(['--input-type=module', '-e', script]);
  expect(code, stderr).to.equal(0);
  return stdout.trim();
}

describe('cli/engines-ahead', () => {
  it('begins to open LibTorch for a file and for a model of the registry', async () => {
    expect(await begun({ file: `${root}models/mnist-mlp/v1.0/model.pt` })).to.equal('ERR_ALREADY_INITIALIZED');
    expect(await begun({ name: 'mnist-mlp' })).to.equal('ERR_ALREADY_INITIALIZED');
  });

  it('opens nothing for a model of another engine', async () => {
    expect(await begun({ file: 'model.onnx' })).to.equal('nothing');
    expect(await begun({ file: 'model.bin', engine: 'onnx' })).to.equal('nothing');
  });

  it('leaves it to the load to say that there is no such model', async () => {
    expect(await begun({ name: 'nowhere' })).to.equal('nothing');
    expect(await begun({ file: '/nowhere/model.bin' })).to.equal('nothing');
  });
});
