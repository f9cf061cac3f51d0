import { expect } from 'chai';
import { pathToFileURL } from 'node:url';
import { node } from './support/child.js';
import { root } from './support/paths.js';
const dist = pathToFileURL(`${root}dist/`).href;
/** Imports an entry in a Node of its own, which must end by itself. */
async function load(entry) {
    const script = `import('${entry}').then(() => { for (const path of Object.keys(require.cache)) console.log('require -> ' + path) })`;
    const { code, stdout, stderr } = await node(['--import', './test/support/record-imports.mjs', '-e', script]);
    expect(code, stderr).to.equal(0);
    const edges = [...stdout.matchAll(/^(?:import (.*)|require) -> (.*)$/gm)].map(([, from, to]) => ({ from, to: to }));
    const own = edges.map(({ to }) => to).filter((url) => url.startsWith(dist));
    expect(own, 'the entry itself').to.have.length.above(0);
    return {
        files: sorted(own.map((url) => url.slice(dist.length))),
        packages: sorted(edges.filter(({ from }) => from?.startsWith(dist)).flatMap(({ to }) => packageOf(to) ?? [])),
        all: sorted(edges.flatMap(({ to }) => packageOf(to) ?? [])),
    };
}
const packageOf = (path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path.replaceAll('\\', '/'))?.[1];
const sorted = (names) => [...new Set(names)].sort();
/** Rooms and files that only a command of the CLI needs: fetching LibTorch and building the addon. */
const provisioning = /^(cli|provision|libtorch\/(fetch|build))\//;
describe('what an import loads', () => {
    it('node-libtorch: no package of others, no validator, no server, no provisioning', async () => {
        const { files, all } = await load('node-libtorch');
        expect(files).to.include('index.js');
        expect(all).to.deep.equal([]);
        expect(files.filter((file) => provisioning.test(file))).to.deep.equal([]);
        expect(files.filter((file) => /^(server|monitoring)\/|^config\/load\.|\/manifest\./.test(file))).to.deep.equal([]);
    });
    it('node-libtorch: an engine comes with the first model of its own, and so does LibTorch', async () => {
        const { files } = await load('node-libtorch');
        const late = /^engines\/(onnx|aoti|export|remote)\/(?!row\.)|^engines\/torch\/(load|session)\.|\/zip-archive\.|^libtorch\//;
        expect(files.filter((file) => late.test(file))).to.deep.equal([]);
    });
    it('node-libtorch/server: express, its validator, its log and its metrics, and no command of the CLI', async () => {
        const { files, packages, all } = await load('node-libtorch/server');
        expect(files).to.include('server/index.js');
        expect(packages).to.deep.equal(['ajv', 'express', 'pino', 'prom-client', 'typebox']);
        expect(all).to.not.include.oneOf(['commander', 'yauzl', 'sharp', 'onnxruntime-node']);
        expect(files.filter((file) => provisioning.test(file))).to.deep.equal([]);
    });
    it('node-libtorch/tasks: no package of others, no model, no server', async () => {
        const { files, all } = await load('node-libtorch/tasks');
        expect(files).to.include('tasks/index.js');
        expect(all).to.deep.equal([]);
        expect(files.filter((file) => provisioning.test(file))).to.deep.equal([]);
        expect(files.filter((file) => /^(server|serving|registry|batching|monitoring|config)\//.test(file))).to.deep.equal([]);
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
