/** N4: a model's warnings reach standard error as its prints do: one line each, nothing that a terminal or a log obeys. */
import { expect } from 'chai';
import { node } from '../support/child.js';
import { fixture } from '../support/paths.js';
const warns = fixture('faults/warnings/warns.pt');
/** What standard error gets of each text. A statement warns once, so each has a model of its own. */
async function said(method, ...texts) {
    const script = `
    import { loadModel } from 'node-libtorch';
    for (const text of ${JSON.stringify(texts)}) {
      const model = await loadModel(${JSON.stringify(warns)});
      await model.call(${JSON.stringify(method)}, [text]);
      await model.dispose();
    }`;
    const { code, stdout, stderr } = await node(['--input-type=module', '-e', script]);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
    return stderr.slice(0, -1).split('\n');
}
const hostile = {
    'first\nsecond': 'first\\nsecond',
    '\u001b[31mred\u001b]0;title\u0007': '\\x1b[31mred\\x1b]0;title\\x07',
    '\r{"level":60}\t\u0000\u007f': '\\x0d{"level":60}\\x09\\x00\\x7f',
    '\u009b31m\u0085next': '\\u009b31m\\u0085next',
    'line\u2028and\u2029paragraph': 'line\\u2028and\\u2029paragraph',
    'abc\u202ecba\u2066': 'abc\\u202ecba\\u2066',
    'é 日本語 👍 \u00a0': 'é 日本語 👍 \u00a0',
};
describe('what a model says beside its results', () => {
    const verbs = { forward: 'warned', forked: 'warned', prints: 'printed' };
    for (const [method, verb] of Object.entries(verbs)) {
        it(`(${method}) is one escaped line on standard error`, async () => {
            const end = method === 'prints' ? '\\n' : '';
            const lines = Object.values(hostile).map((escaped) => `node-libtorch: model ${verb}: ${escaped}${end}`);
            expect(await said(method, ...Object.keys(hostile))).to.deep.equal(lines);
        });
        it(`(${method}) is cut after 4 KiB`, async () => {
            expect(await said(method, 'x'.repeat(50_000))).to.deep.equal([
                `node-libtorch: model ${verb}: ${'x'.repeat(4096)}`,
            ]);
        });
    }
});
