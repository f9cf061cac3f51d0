import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { engineNames, engineTable, findEngine, modelExtensions } from '#dist/engines/index.js';
import { engines } from '../contract/engines.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

describe('the table of engines', () => {
  const files: [string, string][] = [
    ['model.pt', 'torchscript'],
    ['model.pts', 'torchscript'],
    ['dir.onnx/model.JIT', 'torchscript'],
    ['model.pth', 'torchscript'],
    ['yolo.torchscript', 'torchscript'],
    ['mobile.ptl', 'torchscript'],
    ['model.onnx', 'onnx'],
  ];
  for (const [path, engine] of files) {
    it(`gives ${engine} to ${path}`, async () => {
      expect(await findEngine(path)).to.equal(engine);
    });
  }

  it('asks the content of a file whose extension two engines have', async () => {
    expect(await findEngine(fixture('export/mlp.pt2'))).to.equal('export');
    expect(await findEngine(fixture('aoti/mlp.pt2'))).to.equal('aotinductor');
    await rejection(() => findEngine('missing.pt2'), 'ERR_MODEL_LOAD');
  });

  it('lets the engine be named whatever the extension', async () => {
    expect(await findEngine('model.bin', 'torchscript')).to.equal('torchscript');
    expect(await findEngine(fixture('aoti/mlp.pt2'), 'export')).to.equal('export');
    for (const path of ['model.bin', 'model', '.pt', 'model.pt.gz'])
      await rejection(() => findEngine(path), 'ERR_MODEL_LOAD');
  });

  it('refuses an engine that it does not have, and names those that it has', async () => {
    const load = () => loadModel('model.pt', { engine: 'tensorflow' } as never);
    const error = await rejection(load, 'ERR_INVALID_ARGUMENT');
    for (const name of engineNames) expect(error.message).to.include(name);
  });

  it('lists every extension once', () => {
    expect(new Set(modelExtensions).size).to.equal(modelExtensions.length);
    for (const name of engineNames) expect(engineTable[name].needs, name).to.not.equal('');
  });

  it('refuses an option that an engine lacks, and says why', async () => {
    const load = () => loadModel('model.onnx', { operatorLibraries: ['/ops.so'] });
    const error = await rejection(load, 'ERR_INVALID_ARGUMENT');
    expect(error.message)
      .to.match(/operatorLibraries/)
      .and.to.match(/LibTorch/);
  });

  it('is the one that the contract suite runs over', () => {
    expect(engines.map(({ name }) => name)).to.have.members([...engineNames]);
  });
});
