// Jest and vitest, which run tests in vm contexts and threads: files of the same tests, one after the other in one process.

import { expect } from 'chai';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed } from './support/setup.mjs';
import { root, tools } from './support/tools.mjs';

const body = readFileSync(fileURLToPath(new URL('apps/runner.js', import.meta.url)), 'utf8');
const imports = {
  '{ readFileSync }': 'node:fs',
  '{ loadModel, Tensor, TorchError }': 'node-libtorch',
  '{ softmax }': 'node-libtorch/tasks',
  '{ InferenceClient }': 'node-libtorch/client',
  '{ driftTests }': 'node-libtorch/monitoring',
};
const lines = (form) => `${Object.entries(imports).map(form).join('\n')}\n`;
const esm = lines(([names, from]) => `import ${names} from '${from}';`);
const commonjs = lines(([names, from]) => `const ${names} = require('${from}');`);
/** The test that docs/testing.md shows. */
const shown = /```js\n([^]*?)```/.exec(readFileSync(join(root, 'docs/testing.md'), 'utf8'))[1];
/** True of ES modules alone: CommonJS in Jest gets the arrays of another realm. */
const realm = `
test('it answers with arrays of this realm', async () => {
  expect((await model.run(digit())).data).toBeInstanceOf(Float32Array);
});
`;

const jest = join(tools, 'jest/bin/jest.js');
const vitest = join(tools, 'vitest/vitest.mjs');

describe('the tests of an app, run by', () => {
  let app;
  before(async () => {
    app = await installed();
    for (const name of ['one', 'two']) {
      writeFileSync(join(app.app, `${name}.runner.mjs`), `${esm}${body}${realm}`);
      writeFileSync(join(app.app, `${name}.runner.cjs`), `${commonjs}${body}`);
    }
    copyFileSync(join(root, 'models/mnist-mlp/v1.0/model.pt'), join(app.app, 'model.pt'));
    writeFileSync(join(app.app, 'page.runner.mjs'), shown);
    const required = shown.replace(/^import (.*) from (.*);$/m, 'const $1 = require($2);');
    writeFileSync(join(app.app, 'page.runner.cjs'), required);
  });

  const inJest = (extension) => [
    ...[jest, '--runInBand', '--ci', '--no-cache', '--rootDir=.', '--transform={}'],
    ...[`--testMatch=**/*.runner.${extension}`, '--moduleFileExtensions=mjs', '--moduleFileExtensions=cjs'],
    ...['--moduleFileExtensions=js', '--moduleFileExtensions=json', '--moduleFileExtensions=node'],
  ];
  it('Jest, as ES modules', async () => {
    const { status, stderr } = await app.run('node', ['--experimental-vm-modules', ...inJest('mjs')]);
    expect(status, stderr).to.equal(0);
    expect(stderr).to.match(/Tests: +15 passed, 15 total/);
  });

  it('Jest, as CommonJS', async () => {
    const { status, stderr } = await app.run('node', inJest('cjs'));
    expect(status, stderr).to.equal(0);
    expect(stderr).to.match(/Tests: +13 passed, 13 total/);
  });

  for (const flags of [['--pool=forks'], ['--pool=threads'], ['--pool=vmThreads'], ['--pool=forks', '--no-isolate']]) {
    it(`vitest ${flags.join(' ')}`, async () => {
      const config = `export default { test: { include: ['*.runner.mjs'], globals: true } };\n`;
      writeFileSync(join(app.app, 'vitest.config.mjs'), config);
      const args = [vitest, 'run', '--root=.', '--maxWorkers=1', ...flags];
      const { status, stdout, stderr } = await app.run('node', args);
      expect(status, stdout + stderr).to.equal(0);
      expect(stdout).to.match(/Tests +15 passed \(15\)/);
    });
  }
});
