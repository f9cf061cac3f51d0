import { expect } from 'chai';
import { ModelHost } from 'node-libtorch';
import { checkBatchSizes, checkHostModels, requireNoContradiction } from '#dist/serving/host-model.js';
import { rejection } from '../support/errors.js';
const good = [
    { name: 'm' },
    { name: 'm', versions: ['v1.0', 'v2.0'] },
    { file: 'm.pt', name: 'm', load: { instances: 1 } },
    { file: 'm.pt', warmup: false, batching: false },
    { file: 'My_model.v1-b.onnx' },
    { file: 'a model.pt', name: 'a-model', version: '2026-11-28' },
    { file: 'm.pt', name: 'x'.repeat(128), version: 'v1.0' },
    { file: 'm.pt', warmup: { batchSizes: [1, 8] }, batching: { maxBatchSize: 8 } },
    { file: 'm.pt', warmup: { example: () => [1] } },
];
const bad = [
    ['no list', {}, /an array of/],
    ['no model', [null], /an array of/],
    ['neither name nor file', [{ load: {} }], /an array of/],
    ['a name that is no text', [{ name: 5 }], /name/],
    ['an empty file', [{ file: '' }], /a path/],
    ['a name of a file that is no text', [{ file: 'm.pt', name: 5 }], /name/],
    ['a file whose name is no name', [{ file: '/models/my model.pt' }], /letters, digits.*"my model": give.*--name/],
    ['a file whose name has a slash', [{ file: 'm.pt', name: 'a/b' }], /letters, digits/],
    ['a name of dots', [{ file: 'm.pt', name: '.' }], /letters, digits/],
    ['a name with two dots', [{ file: 'm.pt', name: 'a..b' }], /without two dots/],
    ['a name of 129 letters', [{ file: 'm.pt', name: 'x'.repeat(129) }], /1 to 128/],
    ['a name with an end of line', [{ file: 'm.pt', name: 'a\n' }], /letters, digits/],
    ['a name of the registry with an umlaut', [{ name: 'mädchen' }], /letters, digits/],
    ['a version of a file with a slash', [{ file: 'm.pt', version: '1/2' }], /letters, digits.*version/],
    ['a version of a name', [{ name: 'm', version: 'v1.0' }], /versions: \[version\]/],
    ['a version twice', [{ name: 'm', versions: ['v1.0', 'v1.0'] }], /each version once/],
    ['an unknown member', [{ name: 'm', batch: {} }], /an option of a model of ModelHost.*"batch"/],
    ['warmup: 5', [{ name: 'm', warmup: 5 }], /options or false for warmup/],
    ['warmup: true', [{ name: 'm', warmup: true }], /options or false for warmup/],
    ['warmup: null', [{ name: 'm', warmup: null }], /warmup/],
    ['warmup: []', [{ name: 'm', warmup: [] }], /warmup/],
    ['an unknown option of warmup', [{ name: 'm', warmup: { sizes: [1] } }], /batchSizes.*"sizes"/],
    ['no warm-up sizes', [{ name: 'm', warmup: { batchSizes: [] } }], /at least one size/],
    ['a warm-up size of 0', [{ name: 'm', warmup: { batchSizes: [0] } }], /an integer from 1/],
    ['a tolerance of -1', [{ name: 'm', warmup: { tolerance: -1 } }], /absolute, relative.*tolerance/],
    ['half a tolerance', [{ name: 'm', warmup: { tolerance: { absolute: 1 } } }], /absolute, relative.*tolerance/],
    ['versions: []', [{ name: 'm', versions: [] }], /at least one version/],
    ['versions: "v1.0"', [{ name: 'm', versions: 'v1.0' }], /at least one version/],
    ['versions: [1]', [{ name: 'm', versions: [1] }], /at least one version/],
    ['versions of a file', [{ file: 'm.pt', versions: ['v1.0'] }], /no versions with a file/],
    ['load: 5', [{ name: 'm', load: 5 }], /load/],
    ['batching: true', [{ name: 'm', batching: true }], /options or false for batching/],
    ['an unknown option of batching', [{ name: 'm', batching: { size: 5 } }], /maxBatchSize/],
    ['a batch size of 0', [{ name: 'm', batching: { maxBatchSize: 0 } }], /maxBatchSize/],
];
describe('models of a host', () => {
    it('are a name or a file, with options of known values', () => {
        checkHostModels(good);
        checkHostModels([]);
    });
    for (const [what, models, why] of bad) {
        it(`are refused: ${what}`, async () => {
            for (const attempt of [() => checkHostModels(models), () => ModelHost.start({ models: models })]) {
                expect((await rejection(attempt, 'ERR_INVALID_ARGUMENT')).message).to.match(why);
            }
        });
    }
    it('come with a registry that is one, and with sizes that are', async () => {
        const models = [{ name: 'm' }];
        for (const registry of [5, {}, null, 'folder']) {
            await rejection(() => ModelHost.start({ models, registry }), 'ERR_INVALID_ARGUMENT');
        }
        for (const sizes of [5, [], [0], ['1'], null]) {
            await rejection(() => checkBatchSizes('warmupBatchSizes', sizes), 'ERR_INVALID_ARGUMENT');
            await rejection(() => ModelHost.start({ models, warmupBatchSizes: sizes }), 'ERR_INVALID_ARGUMENT');
        }
    });
});
describe('what a caller says of a registered artifact', () => {
    const digest = 'a'.repeat(64);
    const signature = { inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4] }], outputs: [] };
    const record = {
        engine: 'torchscript',
        artifact: { file: 'm.pt', sha256: digest, bytes: 1 },
        signature,
        task: { type: 'embedding', pooling: 'none' },
    };
    const given = (load) => () => requireNoContradiction(load, record);
    it('may be what the record says', () => {
        for (const load of [{}, { sha256: digest }, { engine: 'torchscript' }, { signature: structuredClone(signature) }])
            given(load)();
    });
    it('may be nothing else', async () => {
        await rejection(given({ sha256: 'b'.repeat(64) }), 'ERR_INTEGRITY');
        const { message } = await rejection(given({ engine: 'onnx' }), 'ERR_INVALID_ARGUMENT');
        expect(message).to.match(/torchscript, as the record says/);
        const narrower = { ...signature, inputs: [{ ...signature.inputs[0], range: [0, 1] }] };
        await rejection(given({ signature: narrower }), 'ERR_INVALID_ARGUMENT');
    });
    it('is compared before the artifact is loaded', async () => {
        for (const [load, code] of [
            [{ sha256: 'b'.repeat(64) }, 'ERR_INTEGRITY'],
            [{ engine: 'onnx' }, 'ERR_INVALID_ARGUMENT'],
        ]) {
            const { message } = await rejection(() => ModelHost.open({ models: [{ name: 'mnist-mlp', load }] }), code);
            expect(message).to.match(/^mnist-mlp v1.0: .*record says/);
        }
    });
});
