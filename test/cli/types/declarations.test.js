import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { declarations } from '#dist/cli/types/declarations.js';
import { typescriptType } from '#dist/cli/types/typescript-type.js';
import { parseTorchType } from '#dist/signature/torch-type.js';
import { fixture, root } from '../../support/paths.js';
const sha256 = '0'.repeat(64);
/** As an ONNX export of a text encoder: several inputs and outputs by name, two of the names no identifiers. */
const encoder = {
    title: 'encoder.onnx',
    info: {
        engine: 'onnx',
        sha256,
        methods: [
            {
                name: 'forward',
                args: ['input_ids', 'attention.mask', 'it\'s "scale"'].map((name) => ({
                    name,
                    type: 'Tensor',
                    hasDefault: false,
                })),
                returns: ['Tensor', 'Tensor', 'Tensor'],
            },
        ],
    },
    signature: {
        inputs: [
            { name: 'input_ids', dtype: 'int64', shape: [null, null], symbols: ['batch', 'sequence'], range: [0, 30521] },
            {
                name: 'attention.mask',
                dtype: 'int64',
                shape: [null, null],
                symbols: ['batch', 'sequence'],
                bounds: [{ min: 1, max: 64 }, null],
            },
            { name: 'it\'s "scale"', dtype: 'float32', shape: [], optional: true },
        ],
        outputs: [
            { name: 'last_hidden_state', dtype: 'float16', shape: [null, null, 384] },
            { name: 'pooler/output', dtype: 'float32', shape: [null, 384], labels: ['a */ b', 'c\nd'] },
            { name: 'mask', dtype: 'bool', shape: null },
        ],
        task: { type: 'other' },
    },
};
/** A TorchScript model of many methods. */
const script = {
    title: 'script.pt',
    info: {
        engine: 'torchscript',
        sha256,
        methods: [
            {
                name: 'forward',
                args: [
                    { name: 'x', type: 'Tensor', hasDefault: false },
                    { name: 'rate', type: 'int', hasDefault: false },
                    { name: 'state', type: 'Optional[Tuple[Tensor, Tensor]]', hasDefault: true },
                ],
                returns: ['Tuple[Tensor, Dict[str, List[Tuple[Tensor, int]]]]'],
            },
            { name: 'reset-all', args: [], returns: ['NoneType'] },
            {
                name: 'class',
                args: [{ name: 'default', type: 'Dict[int, Tensor]', hasDefault: false }],
                returns: ['__torch__.Point'],
            },
            { name: 'any', args: [{ name: 'value', type: 'Any', hasDefault: false }], returns: ['Dict[int, Tensor]'] },
        ],
    },
    signature: {
        inputs: [
            { name: 'x', dtype: 'float32', shape: [null, 512], range: [-1, 1] },
            { name: 'rate', dtype: null, shape: null, type: 'int' },
            { name: 'state', dtype: null, shape: null, type: 'Optional[Tuple[Tensor, Tensor]]', optional: true },
        ],
        outputs: [
            { name: 'speech', dtype: 'float32', shape: [null, 1] },
            { name: 'parts', dtype: null, shape: null, type: 'Dict[str, List[Tuple[Tensor, int]]]' },
        ],
    },
};
/** As a server answers: strings, numbers that are no tensors, half precision. */
const text = {
    title: 'text.onnx',
    info: {
        engine: 'onnx',
        sha256,
        methods: [
            {
                name: 'forward',
                args: ['text', 'half', 'count'].map((name) => ({ name, type: 'Tensor', hasDefault: false })),
                returns: ['Tensor', 'Tensor', 'Tensor'],
            },
        ],
    },
    signature: {
        inputs: [
            { name: 'text', dtype: null, shape: [null], type: 'List[str]' },
            { name: 'half', dtype: 'float16', shape: [1] },
            { name: 'count', dtype: null, shape: null, type: 'int' },
        ],
        outputs: [
            { name: 'label', dtype: null, shape: [null], type: 'List[str]' },
            { name: 'length', dtype: null, shape: null, type: 'int' },
            { name: 'is long', dtype: null, shape: null, type: 'bool' },
        ],
    },
};
describe('declarations', () => {
    for (const [name, model] of Object.entries({ encoder, script, text })) {
        it(`of ${name} are as recorded, every time`, () => {
            const path = fixture(`types/${name}.d.ts.txt`);
            const text = declarations(model);
            if (process.env['UPDATE_TYPES'])
                writeFileSync(path, text);
            expect(text).to.equal(readFileSync(path, 'utf8'));
            expect(declarations(structuredClone(model))).to.equal(text);
        });
    }
    it('of a model without forward have its methods alone', () => {
        const methods = [{ name: 'triple', args: [{ name: 'x', type: 'Tensor', hasDefault: false }], returns: ['Tensor'] }];
        const text = declarations({ title: 'm', info: { ...script.info, methods }, signature: undefined });
        expect(text)
            .to.include('readonly triple: {')
            .and.not.match(/\b(Inputs|Outputs)\b/);
    });
    it('of a compiled package have the names of exported dimensions, and results that are no tensors', () => {
        const batch = { bounds: [{ min: 1, max: 64 }, null], symbols: ['batch', null] };
        const text = declarations({
            title: 'compiled.pt2',
            info: {
                ...{ engine: 'aotinductor', sha256 },
                methods: [
                    {
                        name: 'forward',
                        args: [{ name: 'x', type: 'Tensor', hasDefault: false }],
                        returns: ['Dict[str, Union[Tensor, NoneType, int]]'],
                    },
                ],
            },
            signature: {
                inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4], ...batch }],
                outputs: [
                    { name: 'logits', dtype: 'float32', shape: [null, 10], ...batch },
                    { name: 'past', dtype: null, shape: null, type: 'NoneType' },
                    { name: 'rows', dtype: null, shape: null, type: 'int' },
                ],
            },
        });
        expect(text).to.include("  /** float32 [batch 1..64, 4] */\n  readonly x: Tensor<'float32'>;");
        expect(text).to.include("  /** float32 [batch 1..64, 10] */\n  readonly logits: Tensor<'float32'>;");
        expect(text).to.include('readonly past: null;').and.to.include('readonly rows: number | bigint;');
    });
    it('map every type of TorchScript', () => {
        const types = [
            ['Tensor', 'Tensor', 'Tensor'],
            ['List[List[int]]', 'readonly (readonly (number | bigint)[])[]', 'readonly (readonly (number | bigint)[])[]'],
            ['Optional[List[bool]]', 'readonly boolean[] | null', 'readonly boolean[] | null'],
            ['Union[int, float, NoneType]', 'number | bigint | null', 'number | bigint | null'],
            [
                'Dict[str, float]',
                '{ readonly [key: string]: number } | ReadonlyMap<string, number>',
                '{ readonly [key: string]: number }',
            ],
            ['Dict[bool, str]', 'ReadonlyMap<boolean, string>', 'ReadonlyMap<boolean, string>'],
            ['Tuple[()]', 'readonly []', 'readonly []'],
            ['Any', 'Value', 'Value'],
            ['__torch__.structures.Point', 'Value', 'Value'],
            ['Future[Tensor]', 'Value', 'Value'],
            ['constructor', 'Value', 'Value'],
            ['toString[int]', 'Value', 'Value'],
            ['List[', 'Value', 'Value'],
            ['', 'Value', 'Value'],
        ];
        for (const [text, taken, given] of types) {
            expect(typescriptType(text, 'in'), text).to.equal(taken);
            expect(typescriptType(text, 'out'), text).to.equal(given);
        }
        expect(parseTorchType('Dict[str, Tuple[int, Tensor]]')).to.deep.equal({
            name: 'Dict',
            args: [
                { name: 'str', args: [] },
                {
                    name: 'Tuple',
                    args: [
                        { name: 'int', args: [] },
                        { name: 'Tensor', args: [] },
                    ],
                },
            ],
        });
    });
    describe('compiled by tsc', () => {
        let folder;
        before(() => {
            folder = mkdtempSync(join(tmpdir(), 'node-libtorch-types-'));
            mkdirSync(join(folder, 'node_modules'));
            symlinkSync(root, join(folder, 'node_modules/node-libtorch'));
            writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
            for (const [name, model] of Object.entries({ encoder, script, text })) {
                writeFileSync(join(folder, `${name}.d.ts`), declarations(model));
                // The same as a program, which is checked where a library's declarations are not.
                writeFileSync(join(folder, `${name}-checked.ts`), declarations(model));
            }
            for (const name of ['right.ts', 'wrong.ts']) {
                writeFileSync(join(folder, name), readFileSync(fixture(`types/${name}.txt`)));
            }
        });
        after(() => {
            rmSync(folder, { recursive: true });
        });
        const modes = [
            ['nodenext', { module: 'nodenext', exactOptionalPropertyTypes: true, verbatimModuleSyntax: true }],
            ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
        ];
        for (const [name, options] of modes) {
            it(`with ${name} take what is right and refuse what is wrong`, function () {
                this.timeout(120_000);
                const compilerOptions = {
                    ...{
                        target: 'es2023',
                        lib: ['es2023', 'esnext.disposable'],
                        strict: true,
                        noEmit: true,
                        skipLibCheck: true,
                    },
                    ...{ types: ['node'], typeRoots: [`${root}node_modules/@types`], ...options },
                };
                writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
                const tsc = `${root}node_modules/typescript/bin/tsc`;
                const { stdout, stderr } = spawnSync(process.execPath, [tsc, '--pretty', 'false'], {
                    cwd: folder,
                    encoding: 'utf8',
                });
                expect(stderr).to.equal('');
                const found = stdout.split('\n').filter((line) => /^\S.*error TS/.test(line));
                const lines = readFileSync(join(folder, 'wrong.ts'), 'utf8').split('\n');
                const marked = lines.flatMap((line, i) => (line.includes('// wrong') ? [`wrong.ts(${i + 1}`] : []));
                expect(marked).to.have.length.above(8);
                const at = new Set(found.map((line) => line.split(',')[0]));
                expect([...at], stdout).to.have.members(marked);
            });
        }
    });
});
