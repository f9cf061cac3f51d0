/** What a program sees of our types: names that it can import, and no library that it did not ask for. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { root } from './support/paths.js';
import { classesWithout, exportsOf, unnamedTypes } from './support/public-types.js';

const entries = ['index', 'server/index', 'client/index', 'tasks/index', 'monitoring/index'];
/** The packages, and the declarations of their entries. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'node-libtorch': entries,
  '@node-libtorch/core': ['core'],
};
const declarations = (names: readonly string[]): string[] => names.map((name) => `${root}dist/${name}.d.ts`);

/** Types that no program has to name, and why. */
const computing: Readonly<Record<string, string>> = {
  AnyRuns: 'Model has its methods',
  DTypeArrays: 'DataOf names its members',
  DTypeOfKind: 'what Tensor.from makes of a typed array is a Tensor of its dtype',
  EngineNames: 'EngineName is one of its members',
  Kind: 'the kind of a typed array, which the compiler finds',
  Leaf: 'what Nested holds, which the compiler finds',
  Runs: 'Model has its methods',
  TaskKind: 'Task and Answer are computed from it',
  TypedRuns: 'Model has its methods',
};

describe('the public types', function () {
  this.timeout(60_000);

  for (const [name, files] of Object.entries(packages)) {
    it(`${name}: whatever its signatures name can be imported`, () => {
      const unnamed = unnamedTypes(declarations(files), Object.keys(computing));
      expect(unnamed, 'export them, mark what leads there @internal, or list them in this test').to.deep.equal([]);
    });
  }

  it('are seen by this test: one that is taken away is missed', () => {
    expect(unnamedTypes(declarations(['tasks/index']), Object.keys(computing))).to.include.members(['Tensor', 'Task']);
    const all = exportsOf(declarations(entries));
    expect(all).to.include.members(['ModelRecord', 'RuntimeInfo', 'MonitoringOptions', 'TrainingStatistics']);
    expect(all).to.not.include.oneOf(Object.keys(computing));
  });

  it('lead to no package but the one whose logger a server takes', async () => {
    const { closureOf } = (await import(`${root}scripts/package/closure.mjs`)) as {
      closureOf: (files: readonly string[]) => { packages: ReadonlyMap<string, unknown> };
    };
    const { packages: used } = closureOf(declarations([...entries, 'core']));
    expect([...used.keys()]).to.deep.equal(['pino']);
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { dependencies: object };
    expect(dependencies).to.have.property('pino');
  });

  it('have the constructors of the classes that programs make: @internal anywhere in a comment hides all that it is of', () => {
    expect(classesWithout(declarations([...entries, 'core']))).to.deep.equal([
      'InferResult',
      'ModelClient',
      'ServedModel',
    ]);
  });
});
