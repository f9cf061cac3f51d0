// Apps that were bundled, with node-libtorch left outside.

import { expect } from 'chai';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from './support/setup.mjs';
import { requireTool } from './support/tools.mjs';

describe('a bundled app', () => {
  let app;
  before(async () => {
    app = (await installed()).add('predict.mjs');
  });

  for (const format of ['esm', 'cjs']) {
    it(`by esbuild, ${format}`, async () => {
      const outfile = join(app.app, `esbuild.${format === 'esm' ? 'mjs' : 'cjs'}`);
      const entry = format === 'esm' ? 'predict.mjs' : 'predict.cjs';
      app.add(entry);
      const options = {
        bundle: true,
        platform: 'node',
        format,
        external: ['node-libtorch'],
        outfile,
        logLevel: 'silent',
      };
      await requireTool('esbuild').build({ ...options, entryPoints: [join(app.app, entry)] });
      expect(await app.ok('node', [outfile])).to.match(/^7/);
    });
  }

  it('by webpack', async () => {
    const webpack = requireTool('webpack');
    const stats = await promisify(webpack)({
      mode: 'production',
      target: 'node20',
      entry: join(app.app, 'predict.mjs'),
      experiments: { outputModule: true },
      output: { path: app.app, filename: 'webpack.mjs', module: true, chunkFormat: 'module' },
      externalsType: 'module',
      externals: [/^node-libtorch/],
    });
    expect(stats.hasErrors(), stats.toString()).to.equal(false);
    expect(await app.ok('node', ['webpack.mjs'])).to.equal('7\n');
  });
});
