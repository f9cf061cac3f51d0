// `npx node-libtorch build`: the published sources, compiled on this machine against the LibTorch of the package.

import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sandbox } from './support/setup.mjs';
import { full } from './support/tools.mjs';

const minute = 60_000;

describe('npx node-libtorch build', () => {
  before(function () {
    if (!full) this.skip(); // minutes of compiling, and half a gigabyte of headers' wheel
  });

  it('asks for what only it needs, compiles, and is used', async function () {
    this.timeout(40 * minute); // two cores compile for ten minutes when they have nothing else to do
    const app = sandbox().add('predict.mjs');
    const env = { PATH: `${app.bin}:${process.env.PATH}` }; // the compilers of this machine
    await app.ok('npm', ['install', 'node-libtorch']);
    const lacking = await app.run('npx', ['node-libtorch', 'build'], { env });
    expect(lacking.status).to.equal(1);
    expect(lacking.stderr).to.contain('ERR_BUILD').and.contain('npm install cmake-js node-addon-api');
    await app.ok('npm', ['install', 'cmake-js@8', 'node-addon-api@8']);
    expect(await app.ok('npx', ['node-libtorch', 'build'], { env, limit: 35 * minute })).to.match(
      /^The addon for LibTorch 2\.15\.0 is in \S+\n$/,
    );
    expect(existsSync(join(app.app, 'node_modules/node-libtorch/build/Release/node_libtorch.node'))).to.equal(true);
    expect(await app.ok('npx', ['node-libtorch', 'doctor'])).to.match(
      /^addon +\S+node-libtorch\/build\/Release\/node_libtorch\.node$/m,
    );
    expect(await app.ok('node', ['predict.mjs'])).to.equal('7\n');
    app.remove();
  });
});
