import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { engineNames, engineOf, engineTable, modelExtensions } from '#dist/engines/index.js';
import { engines } from '../contract/engines.js';
import { rejection } from '../support/errors.js';
describe('the table of engines', () => {
    const files = [
        ['model.pt', 'torchscript'],
        ['model.pts', 'torchscript'],
        ['dir.onnx/model.JIT', 'torchscript'],
        ['model.pth', 'torchscript'],
        ['yolo.torchscript', 'torchscript'],
        ['mobile.ptl', 'torchscript'],
        ['model.v1.pt2', 'aotinductor'],
        ['model.onnx', 'onnx'],
    ];
    for (const [path, engine] of files) {
        it(`gives ${engine} to ${path}`, () => {
            expect(engineOf(path)).to.equal(engine);
        });
    }
    it('lets the engine be named whatever the extension', async () => {
        expect(engineOf('model.bin', 'torchscript')).to.equal('torchscript');
        for (const path of ['model.bin', 'model', '.pt', 'model.pt.gz'])
            await rejection(() => engineOf(path), 'ERR_MODEL_FORMAT');
    });
    it('refuses an engine that it does not have, and names those that it has', async () => {
        const load = () => loadModel('model.pt', { engine: 'tensorflow' });
        const error = await rejection(load, 'ERR_INVALID_ARGUMENT');
        for (const name of engineNames)
            expect(error.message).to.include(name);
    });
    it('gives every extension to one engine', () => {
        expect(new Set(modelExtensions).size).to.equal(modelExtensions.length);
        for (const name of engineNames)
            expect(engineTable[name].needs, name).to.not.equal('');
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
