import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { expectValue } from '../support/values.js';
import { fixture } from '../support/paths.js';
import { recordedCases } from '../support/recorded.js';
import { contract } from './contract.js';
/** Every recorded answer of Python's, under each way of loading. */
contract('numerical parity', ({ recorded: { folder, files, options } }) => {
    const cases = recordedCases(folder);
    for (const given of options) {
        describe(JSON.stringify(given), () => {
            const load = loadedOnce(folder, given);
            for (const { name, file, calls } of cases) {
                it(name, async () => {
                    const model = await load(file);
                    for (const call of calls)
                        await play(model, call);
                });
            }
        });
    }
    it(`is of at least ${files} files`, () => {
        expect(new Set(cases.map(({ file }) => file)).size).to.be.at.least(files);
    });
});
async function play(model, call) {
    const names = model.info.methods.find(({ name }) => name === call.method)?.args.map(({ name }) => name) ?? [];
    for (const args of call.ways(names)) {
        const answer = model.call(call.method, args);
        if (call.error === undefined)
            expectValue(await answer, call.expected, call.tolerance);
        else {
            const error = await answer.catch((reason) => reason);
            expect(error, 'an error').to.be.instanceOf(Error);
            expect(error.message.toLowerCase()).to.include(call.error.toLowerCase());
        }
    }
}
/** Each file's model, loaded at its first case and disposed of after the last. */
function loadedOnce(folder, options) {
    const models = new Map();
    after(async () => {
        for (const model of models.values())
            await (await model).dispose();
    });
    return (file) => {
        const model = models.get(file) ?? loadModel(fixture(`${folder}/${file}`), options);
        models.set(file, model);
        return model;
    };
}
