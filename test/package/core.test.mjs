// `npm install @node-libtorch/core`, without node-libtorch: loadModel and nothing of the server.

import { expect } from 'chai';
import { existsSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { sandbox } from './support/setup.mjs';
import { root } from './support/tools.mjs';

const digits = join(root, 'models/mnist-mlp/v1.0');

describe('npm install @node-libtorch/core', () => {
  let app, addon;
  before(async () => {
    app = sandbox().add('core.mjs');
    addon = join(app.app, 'node_modules/@node-libtorch/linux-x64-gnu');
    await app.ok('npm', ['install', '--ignore-scripts', '@node-libtorch/core']);
  });

  it('brings the packages of the platform and what reads archives, and neither node-libtorch nor a script', () => {
    const { packages } = JSON.parse(readFileSync(join(app.app, 'package-lock.json'), 'utf8'));
    const names = Object.keys(packages).filter((name) => name !== '' && existsSync(join(app.app, name)));
    expect(names.map((name) => name.replace('node_modules/', ''))).to.have.members([
      '@node-libtorch/core',
      '@node-libtorch/libtorch-linux-x64-gnu-cpu',
      '@node-libtorch/linux-x64-gnu',
      'pend',
      'yauzl',
    ]);
    expect(Object.values(packages).filter(({ hasInstallScript }) => hasInstallScript)).to.deep.equal([]);
    expect(readdirSync(join(app.app, 'node_modules'))).to.not.include('.bin');
  });

  it('import and require see the digit, and are one module', async () => {
    expect(await app.ok('node', ['core.mjs', digits])).to.equal('7 true\n');
  });

  it('runs an exported program too', async () => {
    const code = `
      import { loadModel, Tensor } from '@node-libtorch/core';
      const model = await loadModel(process.argv[1]);
      console.log((await model.run(Tensor.from([[1, 2, 3, 4]]))).shape.join());
      await model.dispose();`;
    const file = join(root, 'test/fixtures/notes/labelled.pt2');
    expect(await app.ok('node', ['--input-type=module', '--eval', code, file])).to.equal('1,3\n');
  });

  it('says what it lacks, and how npm brings it', async () => {
    renameSync(addon, `${addon}-aside`);
    try {
      const { status, stderr } = await app.run('node', ['core.mjs', digits]);
      expect(status, stderr).to.equal(1);
      expect(stderr).to.match(/ERR_ADDON_NOT_FOUND[^]*fix: npm install --include=optional @node-libtorch\/core\b/);
    } finally {
      renameSync(`${addon}-aside`, addon);
    }
  });
});
