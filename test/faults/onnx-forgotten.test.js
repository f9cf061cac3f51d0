/** Finding O3: an ONNX model that nobody disposes of is freed with its thread, and so is what a load leaves that did not succeed. */
import { expect } from 'chai';
import { node } from '../support/child.js';
import { onnx, root } from '../support/paths.js';
describe('faults: forgotten ONNX models', function () {
    this.timeout(60_000);
    for (const mode of ['forgotten', 'answered', 'aborted', 'failed', 'disposed']) {
        it(`${mode}: no thread is left of ten`, async function () {
            if (process.platform !== 'linux')
                this.skip();
            const ended = await node(['--expose-gc', `${root}test/faults/children/forgotten-onnx.mjs`, onnx('linear'), mode]);
            expect(ended.code, ended.stderr).to.equal(0);
            const { more, live } = JSON.parse(ended.stdout);
            expect(more, 'threads more').to.be.at.most(0);
            expect(live, 'models that are live').to.equal(0);
        });
    }
});
