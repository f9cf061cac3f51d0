import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { locate } from '#dist/libtorch/find/locate.js';
import { root } from '../../support/paths.js';
const loader = join(root, 'build/Release/loader.node');
const libraries = locate().libraries;
/** Each case gets a process of its own: what a process has loaded, it keeps. */
async function child(script, env = {}) {
    const prelude = `
    const loader = require(${JSON.stringify(loader)});
    const libraries = ${JSON.stringify(libraries)};
    const request = (more) => ({ env: {}, libraries, optional: [], description: 'first', ...more });
    const caught = async (action) => { try { return await action(); } catch ({ code, file, stuck, message }) { return { code, file, stuck, message }; } };
    const show = (value) => console.log(JSON.stringify(value));
  `;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', `${prelude}(async () => {${script}})();`], {
        env: { ...process.env, ...env },
        cwd: root,
    });
    return JSON.parse(stdout);
}
describe('loader.node', () => {
    let folder;
    let broken;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
        broken = join(folder, 'libbroken.so');
        await writeFile(broken, 'no library');
    });
    after(() => rm(folder, { recursive: true }));
    it('says which LibTorch the addon was compiled against', () => {
        const { torchVersion } = createRequire(import.meta.url)(loader);
        expect(torchVersion).to.match(/^2\.\d+\.\d+/);
    });
    it('sets the variables before the libraries are opened, once', async () => {
        const seen = await child(`
      const first = await loader.open(request({ env: { OMP_NUM_THREADS: '3' } }));
      const second = await loader.open(request({ env: { OMP_NUM_THREADS: '5' }, description: 'second' }));
      show([process.env.OMP_NUM_THREADS, first, second]);
    `);
        expect(seen).to.deep.equal(['3', { description: 'first' }, { description: 'first' }]);
    });
    it('names the file that fails, and another one can be tried after it', async () => {
        const seen = (await child(`
      const failed = await caught(() => loader.open(request({ libraries: [${JSON.stringify(broken)}] })));
      show([failed, await loader.open(request({ description: 'after' }))]);
    `));
        expect(seen[0]).to.include({ code: 'ERR_LIBTORCH_LOAD', file: broken, stuck: false });
        expect(seen[0].message).to.match(/libbroken\.so: (file too short|invalid ELF header)/);
        expect(seen[1]).to.deep.equal({ description: 'after' });
    });
    it('reports an optional library that fails, and loads the rest', async () => {
        const seen = await child(`show(await loader.open(request({ optional: [${JSON.stringify(broken)}] })))`);
        expect(seen).to.include({ description: 'first' }).and.have.property('optionalFailure').that.contains(broken);
    });
    it('refuses what is no absolute path, and a request of another shape', async () => {
        const seen = (await child(`
      show(await Promise.all([
        caught(() => loader.open(request({ libraries: ['libc10.so'] }))),
        caught(() => loader.open()),
        caught(() => loader.open({ env: null })),
        caught(() => loader.open(request({ env: { A: 1 } }))),
      ]));
    `));
        expect(seen[0]?.message).to.contain('absolute paths');
        expect(seen.map(({ message }) => typeof message)).to.deep.equal(['string', 'string', 'string', 'string']);
    });
    it('opens off the event loop', async () => {
        const ticks = await child(`
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      loader.open(request()).then(() => { clearInterval(timer); show(ticks); });
    `);
        expect(ticks).to.be.above(20);
    });
    it('opens once when several threads ask at the same time', async () => {
        const seen = (await child(`
      const { Worker } = require('node:worker_threads');
      const script = \`
        const { parentPort, workerData } = require('node:worker_threads');
        require(workerData.loader).open(workerData.request).then((outcome) => parentPort.postMessage(outcome));
      \`;
      const jobs = [1, 2, 3].map((n) => new Promise((resolve, reject) => {
        const workerData = { loader: ${JSON.stringify(loader)}, request: request({ description: 'worker ' + n }) };
        new Worker(script, { eval: true, workerData }).once('message', resolve).once('error', reject);
      }));
      Promise.all(jobs).then(show);
    `));
        expect(seen).to.have.length(3);
        expect(new Set(seen.map(({ description }) => description)).size).to.equal(1);
    });
    it('a worker may be terminated while it opens', async () => {
        const seen = await child(`
      const { Worker } = require('node:worker_threads');
      const script = \`
        const { parentPort, workerData } = require('node:worker_threads');
        require(workerData.loader).open(workerData.request);
        parentPort.postMessage('opening');
      \`;
      const worker = new Worker(script, { eval: true, workerData: { loader: ${JSON.stringify(loader)}, request: request() } });
      worker.once('message', async () => { const code = await worker.terminate(); show([code, await loader.open(request())]); });
    `);
        expect(seen).to.deep.equal([1, { description: 'first' }]);
    });
});
describe('loading a broken LibTorch', () => {
    it('names the file, the reason and the command that fixes it', async () => {
        const cache = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
        try {
            const lib = join(cache, 'libtorch-2.15.0-linux-x64-cpu/lib');
            await mkdir(lib, { recursive: true });
            await writeFile(join(lib, '../build-version'), '2.15.0\n');
            await copyFile(libraries.find((path) => basename(path) === 'libc10.so') ?? '', join(lib, 'libc10.so'));
            await writeFile(join(lib, 'libtorch_cpu.so'), 'cut off');
            await chmod(join(lib, 'libtorch_cpu.so'), 0o755);
            const script = `import('${root}dist/libtorch/load.js').then(({ loadNative }) => loadNative({ intraOpThreads: 1 }))
        .catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`;
            const env = { ...process.env, LIBTORCH: '', NODE_LIBTORCH_CACHE: cache };
            const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env });
            const { code, message } = JSON.parse(stdout);
            expect(code).to.equal('ERR_LIBTORCH_LOAD');
            expect(message)
                .to.contain(join(lib, 'libtorch_cpu.so'))
                .and.match(/file too short|ELF/);
            expect(message).to.contain('fix: node dist/cli/main.js setup --cpu --verify');
        }
        finally {
            await rm(cache, { recursive: true });
        }
    });
});
