import { expect } from 'chai';
import { LoadedModel } from '#dist/model/loaded-model.js';
function described(...inputs) {
    const specs = inputs.map((spec, i) => ({ name: `x${i}`, dtype: 'float32', shape: [null, 2], ...spec }));
    return new LoadedModel({
        engine: {
            run: () => Promise.reject(new Error('nothing runs here')),
            busy: () => ({ running: 0, oldestMs: 0, youngestMs: 0 }),
            free: () => Promise.resolve(),
        },
        info: { methods: [], instances: 1, maxPending: 0, device: { device: 'cpu' } },
        signature: { inputs: specs, outputs: [] },
        slabs: { take: (bytes) => new ArrayBuffer(bytes), give: () => undefined },
    });
}
describe('the most rows of a run', () => {
    it('are the least of what the inputs allow, and a fixed size is one', () => {
        expect(described({}).maxRows).to.equal(undefined);
        expect(described({ bounds: [{ min: 1, max: 8 }, null] }).maxRows).to.equal(8);
        expect(described({ bounds: [{ min: 1, max: Infinity }, null] }).maxRows).to.equal(undefined);
        expect(described({ shape: [4, 2] }).maxRows, 'two calls of 4 rows are no run').to.equal(4);
        expect(described({ bounds: [{ min: 1, max: 8 }, null] }, { shape: [4, 2] }).maxRows).to.equal(4);
        expect(described({ shape: null }, { shape: [] }).maxRows).to.equal(undefined);
    });
});
