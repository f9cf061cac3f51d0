/** Constants are folded before anything runs: a division that a program never reaches must not stop the process. */
import { expect } from 'chai';
import { node } from '../support/child.js';
import { fixture } from '../support/paths.js';
// In a process of its own: SIGFPE cannot be caught.
async function loaded(name, optimize) {
    const script = `
    import { loadModel, Tensor } from 'node-libtorch';
    const model = await loadModel(${JSON.stringify(fixture(`faults/folding/${name}.pt`))}, { optimize: '${optimize}' });
    const { data } = await model.run(Tensor.from([1, 2]));
    console.log(JSON.stringify({ optimize: model.info.optimize, warnings: model.info.warnings, y: [...data] }));`;
    const { stdout } = await node(['--input-type=module', '-e', script]);
    return JSON.parse(stdout);
}
describe('faults: constants that must not be folded', () => {
    for (const optimize of ['none', 'freeze', 'inference']) {
        for (const name of ['ByZero', 'ByComputedZero', 'OfAnEmptyBuffer', 'LeastByMinusOne']) {
            it(`loads and runs ${name} with optimize ${optimize}, unfrozen and with a warning`, async () => {
                const model = await loaded(name, optimize);
                expect(model.y).to.deep.equal([2, 3]);
                expect(model.optimize).to.equal('none');
                if (optimize !== 'none') {
                    expect(model.warnings.join()).to.match(/aten::\w+ in forward\), and freezing it would end the process/);
                }
            });
        }
    }
    it('freezes a module whose divisors are known not to be 0', async () => {
        const model = await loaded('BySeven', 'freeze');
        expect(model.y).to.deep.equal([2, 3]);
        expect(model.optimize).to.equal('freeze');
        expect(model.warnings.join()).to.not.contain('freezing');
    });
});
