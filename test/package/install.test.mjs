// `npm install node-libtorch` on a machine that has only Node.

import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from './support/setup.mjs';
import { serve } from './support/serve.mjs';

describe('npm install node-libtorch', () => {
  let app;
  before(async () => {
    app = await installed();
  });

  it('brings the addon and LibTorch, and no install script', () => {
    const modules = join(app.app, 'node_modules');
    expect(existsSync(join(modules, '@node-libtorch/linux-x64-gnu/node_libtorch.node'))).to.equal(true);
    expect(existsSync(join(modules, '@node-libtorch/libtorch-linux-x64-gnu-cpu/lib/libtorch_cpu.so'))).to.equal(true);
    const { packages } = JSON.parse(readFileSync(join(app.app, 'package-lock.json'), 'utf8'));
    const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.map(([name]) => name)).to.deep.equal([]);
  });

  it('npx node-libtorch serve answers a digit, and ends when told to', async () => {
    const server = await serve(app, 'npx', ['node-libtorch', 'serve']);
    await expectSeven(server.url);
    await server.stop(); // npx itself ends by the signal
    const direct = await serve(app, 'node_modules/.bin/node-libtorch', ['serve']);
    await expectSeven(direct.url);
    app.add('client.mjs');
    expect(await app.ok('node', ['client.mjs', direct.url])).to.equal('7 v1.0\n');
    expect(await direct.stop()).to.deep.equal({ status: 0, signal: null });
  });

  async function expectSeven(url) {
    const body = readFileSync(join(app.app, 'node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json'));
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/predict`, { method: 'POST', headers, body });
    expect(await answer.json()).to.deep.include({ predictions: [7], model_version: 'v1.0' });
  }

  it('import and require work', async () => {
    app.add('predict.mjs', 'predict.cjs');
    expect(await app.ok('node', ['predict.mjs'])).to.equal('7\n');
    expect(await app.ok('node', ['predict.cjs'])).to.equal('7 function true\n');
  });

  it('doctor finds everything in its packages', async () => {
    const printed = await app.ok('npx', ['node-libtorch', 'doctor']);
    expect(printed).to.match(
      /^addon +\S+node_modules\/@node-libtorch\/linux-x64-gnu\/node_libtorch\.node, prebuilt 0\.\d+\.\d+ for LibTorch 2\.15\.0, glibc 2\.\d+, GLIBCXX_3\.4\.\d+$/m,
    );
    expect(printed).to.match(/^ +package +\S+@node-libtorch\/libtorch-linux-x64-gnu-cpu: 2\.15\.0, stripped$/m);
    expect(printed).to.match(/all checks passed\n$/);
  });

  it('works in worker threads and in a cluster', async () => {
    app.add('threads.mjs', 'cluster.mjs');
    expect(await app.ok('node', ['threads.mjs'])).to.equal('[7,7,7]\n');
    expect(await app.ok('node', ['cluster.mjs'])).to.equal('[7,7,7,7,7,7,7,7]\n');
  });
});
