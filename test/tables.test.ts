/** Tables, not switches: the name of a row occurs as a string literal in the row's own place, and nowhere else in src/. */
import { expect } from 'chai';
import { engineNames, type EngineName } from '#dist/engines/index.js';
import { routes } from '#dist/server/routes/table.js';
import { taskKinds } from '#dist/tasks/kinds/index.js';
import { literalsOf, sourceLiterals } from './support/literals.js';

interface Table {
  readonly what: string;
  /** The names, taken from the table itself. */
  readonly names: readonly string[];
  /** Files, or folders with a slash behind them, where a name may stand. */
  readonly home: (name: string) => readonly string[];
  /** The row writes its name as an identifier. */
  readonly isIdentifier?: boolean;
  /** Files where a name is a common word that means something else. */
  readonly elsewhere?: Readonly<Record<string, readonly string[]>>;
}

/** The folder of each engine. */
const engineRooms: Readonly<Record<EngineName, string>> = {
  torchscript: 'torch',
  export: 'export',
  aotinductor: 'aoti',
  onnx: 'onnx',
};

const tables: readonly Table[] = [
  {
    what: 'a task',
    names: taskKinds.map(({ type }) => type),
    home: (type) => [`src/tasks/kinds/${type}.ts`],
    // A method of HTTP that has no name of its own in the log.
    // A parameter of the Open Inference Protocol, and its extension.
    elsewhere: {
      // A licence that Hugging Face has no name for.
      other: ['src/server/http/exchange.ts', 'src/registry/card/front-matter.ts', 'src/registry/pull/stated.ts'],
      classification: [
        'src/protocol/encode.ts',
        'src/server/inference/describe-model.ts',
        'src/client/infer-options.ts',
        'src/client/stream.ts',
      ],
    },
  },
  {
    what: 'an engine',
    names: engineNames,
    home: (name) => [`src/engines/${engineRooms[name as EngineName]}/`],
    // A row is exported by its name, so it needs no literal.
    isIdentifier: true,
  },
  {
    what: 'a route',
    // A slash alone is a part of every path.
    names: [...new Set(routes.map(({ path }) => path))].filter((path) => path.length > 1),
    // A client asks other servers for them, too.
    home: () => ['src/server/routes/table.ts', 'src/server/routes/admin/table.ts', 'src/client/transport.ts'],
  },
];

describe('tables', () => {
  const literals = sourceLiterals();

  for (const { what, names, home, elsewhere, isIdentifier = false } of tables) {
    for (const name of names) {
      it(`name ${what}, ${name}, in its own place alone`, () => {
        const isHome = (file: string) =>
          home(name).some((place) => file === place || (place.endsWith('/') && file.startsWith(place)));
        const found = literals.filter(({ text, file }) => text === name && !elsewhere?.[name]?.includes(file));
        const own = found.filter(({ file }) => isHome(file));
        if (!isIdentifier) expect(own, 'in its own place').to.not.be.empty;
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
