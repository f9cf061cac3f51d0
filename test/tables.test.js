/** Tables, not switches: the name of a row occurs as a string literal in the row's own place, and nowhere else in src/. */
import { expect } from 'chai';
import { engineNames } from '#dist/engines/index.js';
import { routes } from '#dist/server/routes/table.js';
import { taskKinds } from '#dist/tasks/kinds/index.js';
import { literalsOf, sourceLiterals } from './support/literals.js';
/** The folder of each engine. */
const engineRooms = { torchscript: 'torch', aotinductor: 'aoti', onnx: 'onnx' };
const tables = [
    {
        what: 'a task',
        names: taskKinds.map(({ type }) => type),
        home: (type) => [`src/tasks/kinds/${type}.ts`],
        // A method of HTTP that has no name of its own in the log.
        // A parameter of the Open Inference Protocol, and its extension.
        elsewhere: {
            other: ['src/server/http/exchange.ts'],
            classification: ['src/protocol/encode.ts', 'src/server/routes/oip/metadata.ts'],
        },
    },
    {
        what: 'an engine',
        names: engineNames,
        home: (name) => [`src/engines/${engineRooms[name]}/`],
        // A row is exported by its name, so it needs no literal.
        isIdentifier: true,
    },
    {
        what: 'a route',
        // A slash alone is a part of every path.
        names: [...new Set(routes.map(({ path }) => path))].filter((path) => path.length > 1),
        home: () => ['src/server/routes/table.ts', 'src/server/routes/admin/table.ts'],
    },
];
describe('tables', () => {
    const literals = sourceLiterals();
    for (const { what, names, home, elsewhere, isIdentifier = false } of tables) {
        for (const name of names) {
            it(`name ${what}, ${name}, in its own place alone`, () => {
                const isHome = (file) => home(name).some((place) => file === place || (place.endsWith('/') && file.startsWith(place)));
                const found = literals.filter(({ text, file }) => text === name && !elsewhere?.[name]?.includes(file));
                const own = found.filter(({ file }) => isHome(file));
                if (!isIdentifier)
                    expect(own, 'in its own place').to.not.be.empty;
                expect(found.filter(({ file }) => !isHome(file)).map(({ file, line }) => `${file}:${line}`)).to.deep.equal([]);
            });
        }
    }
    it('are held by literals of expressions, types and names, not by comments and imports', () => {
        const source = [
            "import { x } from 'a'; // 'b'",
            "const y: 'c' | Extract<T, { type: 'd' }> = f('e', `f`);",
            "const z = { 'g': 1 }; /* 'h' */ export * from 'i';",
            "if (task.type === 'j') await import('k');",
        ].join('\n');
        expect(literalsOf(source, 'x.ts').map(({ text, line }) => `${text}${line}`)).to.deep.equal([
            'c2',
            'd2',
            'e2',
            'f2',
            'g3',
            'j4',
            'k4',
        ]);
    });
});
