import { expect } from 'chai';
import { pathToFileURL } from 'node:url';
import { node } from './support/child.js';
import { root } from './support/paths.js';

/** What importing an entry of the package loads. */
interface Loaded {
  /** Files of dist/, as `room/file.js`. */
  readonly files: readonly string[];
  /** The same in the order in which they were asked for. */
  readonly order: readonly string[];
  /** Packages of others that a file of dist/ imports. */
  readonly packages: readonly string[];
  /** Packages of others that are in the process in the end, those that packages require included. */
  readonly all: readonly string[];
  /** Files of ajv's packages in the process. */
  readonly ajv: readonly string[];
}

const dist = pathToFileURL(`${root}dist/`).href;

/** Imports an entry in a Node of its own, which must end by itself. */
function load(entry: string): Promise<Loaded> {
  const script = `import('${entry}').then(() => { for (const path of Object.keys(require.cache)) console.log('require -> ' + path) })`;
  return loaded(['-e', script], 0);
}

/** What a Node loads that is run with these arguments. */
async function loaded(args: readonly string[], exitCode: number): Promise<Loaded> {
  const { code, stdout, stderr } = await node(['--import', './test/support/record-imports.mjs', ...args]);
  expect(code, stderr).to.equal(exitCode);
  const edges = [...stdout.matchAll(/^(?:import (.*)|require) -> (.*)$/gm)].map(([, from, to]) => ({ from, to: to! }));
  const own = edges.map(({ to }) => to).filter((url) => url.startsWith(dist));
  expect(own, 'the entry itself').to.have.length.above(0);
  const order = [...new Set(own.map((url) => url.slice(dist.length)))];
  return {
    files: sorted(order),
    order,
    packages: sorted(edges.filter(({ from }) => from?.startsWith(dist)).flatMap(({ to }) => packageOf(to) ?? [])),
    all: sorted(edges.flatMap(({ to }) => packageOf(to) ?? [])),
    ajv: sorted(edges.flatMap(({ to }) => /\/node_modules\/(ajv(?:-formats)?\/.*)$/.exec(to)?.[1] ?? [])),
  };
}

const packageOf = (path: string): string | undefined =>
  /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path.replaceAll('\\', '/'))?.[1];

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

/** Rooms and files that only a command of the CLI needs: fetching LibTorch and building the addon. */
const provisioning = /^(cli|provision|libtorch\/(fetch|build))\//;

/** What the code that ajv made at the build asks for: not its compiler, which costs a start more than the server's own code. */
const lengths = 'ajv/dist/runtime/ucs2length.js';

describe('what an import loads', () => {
  it('node-libtorch: no package of others, no validator, no server, no provisioning', async () => {
    const { files, all } = await load('node-libtorch');
    expect(files).to.include('index.js');
    expect(all).to.deep.equal([]);
    expect(files.filter((file) => provisioning.test(file))).to.deep.equal([]);
    // referenceOf is of the registry, and needs to know what is watched of a model.
    const late =
      /^server\/|^monitoring\/(?!drift\/(reference|features|readers|predictions|elements|summary)\.)|\/manifest\./;
    expect(files.filter((file) => late.test(file))).to.deep.equal([]);
  });

  it('node-libtorch: an engine comes with the first model of its own, and so does LibTorch', async () => {
    const { files } = await load('node-libtorch');
    const late =
      /^engines\/(onnx|aoti|export|remote)\/(?!row\.)|^engines\/torch\/(load|session)\.|\/zip-archive\.|^libtorch\//;
    expect(files.filter((file) => late.test(file))).to.deep.equal([]);
  });

  it('node-libtorch/server: express, its validator, its log and its metrics, and no command of the CLI', async () => {
    const { files, packages, all, ajv } = await load('node-libtorch/server');
    expect(files).to.include('server/index.js');
    expect(packages).to.deep.equal(['ajv', 'express', 'pino', 'prom-client']);
    expect(ajv).to.deep.equal([lengths]);
    expect(all).to.not.include.oneOf(['commander', 'yauzl', 'sharp', 'onnxruntime-node']);
    expect(files.filter((file) => provisioning.test(file))).to.deep.equal([]);
  });

  it('the check of records: no compiler of schemas', async () => {
    const { ajv } = await load('./dist/registry/manifest.js');
    expect(ajv).to.deep.equal(['ajv-formats/dist/formats.js', lengths]);
  });

  // Each module costs a start about half a millisecond of CPU. Who needs more says here how many.
  it('no more modules than these', async () => {
    const most = {
      'node-libtorch': 144,
      'node-libtorch/server': 350,
      'node-libtorch/tasks': 36,
      'node-libtorch/client': 30,
    };
    for (const [entry, count] of Object.entries(most)) {
      const { files } = await load(entry);
      expect(files.length, entry).to.be.within(10, count);
    }
  });

  it('the CLI, for what is wrong with the command itself: settings and models, no server, no package but its parser and its validator', async () => {
    const refused = await loaded([`${root}dist/cli/main.js`, 'serve', '--port', '-1'], 2);
    expect(refused.packages).to.deep.equal(['ajv', 'commander']);
    expect(refused.ajv).to.deep.equal([lengths]);
    expect(
      refused.files.filter((file) =>
        /^server\/(http\/(listener|express-app)\.|(routes|openapi)\/)|^libtorch\//.test(file),
      ),
    ).to.deep.equal([]);
    expect(refused.files.length).to.be.below(150);
  });

  it('the CLI, for serve: LibTorch is looked for before the server is imported, which loads what it needs alone', async () => {
    const { files, all, ajv, order } = await loaded(
      [`${root}dist/cli/main.js`, 'serve', '/nowhere/model.pt', '--port', '0'],
      1,
    );
    expect(order.indexOf('libtorch/load.js')).to.be.within(1, order.indexOf('server/server.js') - 1);
    expect(ajv).to.deep.equal([lengths]);
    expect(all).to.not.include.oneOf([
      'typebox',
      'yauzl',
      '@grpc/grpc-js',
      '@fastify/busboy',
      'sharp',
      'onnxruntime-node',
    ]);
    expect(
      files.filter((file) => /^libtorch\/(fetch|build)\/|^cli\/(cluster\/supervisor|types)/.test(file)),
    ).to.deep.equal([]);
    expect(files.length).to.be.below(505);
  });

  it('node-libtorch/tasks: no package of others, no model, no server', async () => {
    const { files, all } = await load('node-libtorch/tasks');
    expect(files).to.include('tasks/index.js');
    expect(all).to.deep.equal([]);
    expect(files.filter((file) => provisioning.test(file))).to.deep.equal([]);
    expect(files.filter((file) => /^(server|serving|registry|batching|monitoring|config)\//.test(file))).to.deep.equal(
      [],
    );
  });

  it('node-libtorch/monitoring: no package of others, no model, no server', async () => {
    const { files, all } = await load('node-libtorch/monitoring');
    expect(files).to.include('monitoring/index.js');
    expect(all).to.deep.equal([]);
    expect(files.filter((file) => !/^(monitoring|statistics|tensor|async|check|errors)\b/.test(file))).to.deep.equal(
      [],
    );
  });

  it('node-libtorch/client: no package of others, no LibTorch, no addon, no model, no server', async () => {
    const { files, all } = await load('node-libtorch/client');
    expect(files).to.include('client/index.js');
    expect(all).to.deep.equal([]);
    expect(files.filter((file) => !/^(client|protocol|tensor|check|errors)\b/.test(file))).to.deep.equal([]);
    // Each way comes with the first call that goes it.
    expect(files.filter((file) => /^client\/(http|grpc)\/|^protocol\/grpc\//.test(file))).to.deep.equal([]);
  });
});
