import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsToServe } from '#dist/cli/serve-targets.js';
import { loadSettings } from '#dist/server/settings/load.js';
const plain = loadSettings({ env: {} });
const serve = (targets, settings = {}, name) => modelsToServe(targets, name, { ...plain, ...settings });
describe('what serve serves', () => {
    const served = [
        [
            'files by their extensions',
            ['a.pt', 'b.onnx', './c.pt2'],
            [{ file: 'a.pt' }, { file: 'b.onnx' }, { file: './c.pt2' }],
        ],
        ['a path without an extension', ['./model'], [{ file: './model' }]],
        ['names of the registry', ['digits', 'x@v1.1'], [{ name: 'digits' }, { name: 'x', versions: ['v1.1'] }]],
        [
            'versions of one name together',
            ['x@v1.1', 'y', 'x@v1.0'],
            [{ name: 'x', versions: ['v1.1', 'v1.0'] }, { name: 'y' }],
        ],
        ['a file under a name', ['Digits=./my model.pt'], [{ name: 'Digits', file: './my model.pt' }]],
        ['a file without extension under a name', ['d=model'], [{ name: 'd', file: 'model' }]],
        ['two files with one base name', ['a/m.pt', 'b=b/m.pt'], [{ file: 'a/m.pt' }, { name: 'b', file: 'b/m.pt' }]],
        ['a path with an = in it', ['./a=b/c.pt'], [{ file: './a=b/c.pt' }]],
    ];
    for (const [what, targets, expected] of served) {
        it(`takes ${what}`, () => expect(serve(targets)).to.deep.equal(expected));
    }
    it('takes a file that is there, whatever it is called', () => {
        const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-targets-'));
        const here = process.cwd();
        try {
            process.chdir(folder);
            writeFileSync('a=b.pt', '');
            expect(() => serve(['a=b.pt'])).to.throw(/"a=b".*--name/);
            expect(serve(['ab=a=b.pt'])).to.deep.equal([{ name: 'ab', file: 'a=b.pt' }]);
        }
        finally {
            process.chdir(here);
            rmSync(folder, { recursive: true });
        }
    });
    it('names the only file by --name', () => {
        expect(serve(['my model.pt'], {}, 'digits')).to.deep.equal([{ name: 'digits', file: 'my model.pt' }]);
    });
    it('takes the settings without arguments: models, else model', () => {
        expect(serve([])).to.deep.equal([{ name: 'mnist-mlp' }]);
        expect(serve([], { model: 'x', modelVersion: 'v2' })).to.deep.equal([{ name: 'x', versions: ['v2'] }]);
        const models = [{ file: 'a.pt' }, { name: 'mnist-mlp' }, { name: 'x' }];
        expect(serve([], { models }), 'in their order').to.deep.equal(models);
        expect(serve([], { models, model: 'x' })[0], 'the default is chosen').to.deep.equal({ name: 'x' });
        expect(() => serve([], { models, model: 'y' }))
            .to.throw('a, mnist-mlp, x')
            .with.property('code', 'ERR_CONFIG');
    });
    it('gives an argument the settings of the entry with its name', () => {
        const models = [
            { name: 'x', versions: ['v1'], instances: 2 },
            { name: 'Digits', file: '/d.pt' },
        ];
        expect(serve(['Digits', 'x@v2'], { models })).to.deep.equal([
            { name: 'Digits', file: '/d.pt' },
            { name: 'x', versions: ['v2'], instances: 2 },
        ]);
        expect(() => serve(['Digits@v1'], { models })).to.throw('which is a file');
    });
    const refused = [
        ['a file name that is no name', ['./my model.pt'], undefined, ['"my model"', '--name NAME', 'NAME=FILE']],
        ['letters of other alphabets', ['modèle.pt'], undefined, ['--name']],
        ['a name before = that is none', ['my model=a.pt'], undefined, ['"my model"']],
        ['no name before =', ['=a.pt'], undefined, ['before the =']],
        ['a --name that is none', ['a.pt'], 'a/b', ['"a/b"']],
        ['--name for several', ['a.pt', 'b.pt'], 'x', ['one model for --name', '2 models']],
        ['--name without a model', [], 'x', ['one model for --name']],
        ['--name for the registry', ['digits'], 'x', ['a model file for --name']],
        ['a registry name with capitals', ['Digits'], undefined, ['lower-case', '"Digits"']],
        ['a version that is none', ['x@latest'], undefined, ['such as v1.0', '"latest"']],
        ['files of one name', ['a/m.pt', 'b/m.onnx'], undefined, ['m 1 twice', 'NAME=FILE']],
        ['a name twice', ['x', 'x'], undefined, ['x its default version twice']],
        ['a version twice', ['x@v1', 'x@v1'], undefined, ['x v1 twice']],
    ];
    for (const [what, targets, name, parts] of refused) {
        it(`refuses ${what}, and says what to do`, () => {
            let message = '';
            try {
                serve(targets, {}, name);
            }
            catch (error) {
                expect(error.code).to.be.oneOf(['ERR_CONFIG', 'ERR_INVALID_ARGUMENT']);
                ({ message } = error);
            }
            for (const part of parts)
                expect(message).to.include(part);
        });
    }
});
