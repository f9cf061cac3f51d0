import { expect } from 'chai';
import { node } from '../../support/child.js';
/** The short form of `npm run test:stress`: 20 loads, 5,000 runs, 100 failed loads, 200 results of 1 MiB. */
describe('memory', function () {
    this.timeout(120_000);
    const measure = (...flags) => node(['--expose-gc', 'test/stress/memory.mjs', '--short', ...flags], {}, 110_000);
    const verdicts = ({ stdout }) => stdout.match(/(true|false) +│$/gm) ?? [];
    it('stays within 16 MiB of where it was', async () => {
        const ended = await measure();
        expect(ended, ended.stdout + ended.stderr).to.include({ code: 0, signal: null });
        expect(verdicts(ended)).to.have.length(4);
    });
    it('is seen to grow in every part when everything is kept', async () => {
        const ended = await measure('--leak');
        expect(ended, ended.stdout + ended.stderr).to.include({ code: 1, signal: null });
        expect(verdicts(ended).map((verdict) => verdict.slice(0, 5)), ended.stdout).to.deep.equal(Array(4).fill('false'));
    });
});
