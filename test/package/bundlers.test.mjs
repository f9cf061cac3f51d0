// Apps that were bundled: with node-libtorch left outside they run, and otherwise an error says what to do.

import { expect } from 'chai';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serve } from './support/serve.mjs';
import { installed } from './support/setup.mjs';
import { requireTool, root } from './support/tools.mjs';

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

const remedy = /fix: keep it external: serverExternalPackages.*--external:node-libtorch.*webpack.*Vite/s;
const request = `readFileSync('node_modules/node-libtorch/docs/bundlers.md')`;
/** What each of these does needs a file that no bundler brings along. */
const programs = {
  'a model': [`import { loadModel } from 'node-libtorch';`, `loadModel('model.pt')`],
  'an ONNX model': [`import { loadModel } from 'node-libtorch';`, `loadModel('linear.onnx')`],
  'a registry': [`import { ModelRegistry } from 'node-libtorch';`, `ModelRegistry.open()`],
  'an image': [`import { imageToTensor } from 'node-libtorch/tasks';`, `imageToTensor(${request}, { size: 8 })`],
  'a server': [`import { createServer } from 'node-libtorch/server';`, `createServer({})`],
};

describe('a bundle that took node-libtorch in', () => {
  let app;
  before(async () => {
    app = await installed();
    copyFileSync(join(root, 'models/mnist-mlp/v1.0/model.pt'), join(app.app, 'model.pt'));
    copyFileSync(join(root, 'test/fixtures/onnx/linear.onnx'), join(app.app, 'linear.onnx'));
  });

  for (const [what, [imports, call]] of Object.entries(programs)) {
    for (const format of ['esm', 'cjs']) {
      it(`says so for ${what}, esbuild, ${format}`, async () => {
        const end = `.then(() => console.log('done'), (error) => { console.error(error.message); process.exitCode = 3; });`;
        const entry = join(app.app, 'whole.mjs');
        writeFileSync(entry, `${imports}\nimport { readFileSync } from 'node:fs';\n${call}${end}\n`);
        // In a folder of its own, as bundles are put.
        const outfile = join(app.app, 'bundle', `whole.${format === 'esm' ? 'mjs' : 'cjs'}`);
        const options = { bundle: true, platform: 'node', format, outfile, external: ['sharp'], logLevel: 'silent' };
        await requireTool('esbuild').build({ ...options, entryPoints: [entry] });
        const { status, stdout, stderr } = await app.run('node', [outfile]);
        expect(status, stdout).to.not.equal(0);
        expect(stderr).to.match(remedy);
      });
    }
  }

  it('by require says so too', async () => {
    const outfile = join(app.app, 'bundle/required.cjs');
    writeFileSync(join(app.app, 'required.cjs'), `require('node-libtorch').loadModel('model.pt');\n`);
    const options = { bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'silent' };
    await requireTool('esbuild').build({ ...options, entryPoints: [join(app.app, 'required.cjs')] });
    expect((await app.run('node', [outfile])).stderr).to.match(remedy);
  });

  it('by webpack, which keeps the URL of the source, says so', async () => {
    writeFileSync(
      join(app.app, 'whole.mjs'),
      `import { loadModel } from 'node-libtorch';\nawait loadModel('model.pt');\n`,
    );
    const stats = await promisify(requireTool('webpack'))({
      mode: 'production',
      target: 'node20',
      entry: join(app.app, 'whole.mjs'),
      experiments: { outputModule: true },
      output: { path: join(app.app, 'bundle'), filename: 'webpack.mjs', module: true, chunkFormat: 'module' },
    });
    expect(stats.hasErrors(), stats.toString()).to.equal(false);
    expect((await app.run('node', ['bundle/webpack.mjs'])).stderr).to.match(remedy);
  });
});

describe('a bundle that took the client in', () => {
  let app;
  let server;
  before(async () => {
    app = (await installed()).add('client.mjs');
    server = await serve(app, 'node_modules/.bin/node-libtorch', ['serve']);
  });
  after(() => server?.stop());

  // It has no files beside itself; @grpc/grpc-js, an optional peer, is named by an import that only calls of gRPC reach.
  for (const format of ['esm', 'cjs']) {
    it(`works, esbuild, ${format}`, async () => {
      const outfile = join(app.app, 'bundle', `client.${format === 'esm' ? 'mjs' : 'cjs'}`);
      const options = { bundle: true, platform: 'node', format, outfile, logLevel: 'silent' };
      const external = ['@grpc/grpc-js'];
      await requireTool('esbuild').build({ ...options, external, entryPoints: [join(app.app, 'client.mjs')] });
      expect(await app.ok('node', [outfile, server.url])).to.equal('7 v1.0\n');
    });
  }

  it('works, webpack', async () => {
    const stats = await promisify(requireTool('webpack'))({
      mode: 'production',
      target: 'node20',
      entry: join(app.app, 'client.mjs'),
      experiments: { outputModule: true },
      output: { path: join(app.app, 'bundle'), filename: 'client-webpack.mjs', module: true, chunkFormat: 'module' },
      externalsType: 'module',
      externals: ['@grpc/grpc-js'],
    });
    expect(stats.hasErrors(), stats.toString()).to.equal(false);
    expect(await app.ok('node', ['bundle/client-webpack.mjs', server.url])).to.equal('7 v1.0\n');
  });
});
