import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheRoot, findCacheRoot } from '#dist/libtorch/find/cache.js';
import { locate } from '#dist/libtorch/find/locate.js';
import { node } from '../support/child.js';
import { root } from '../support/paths.js';
const children = join(root, 'test/faults/children');
const homeless = ['--import', join(children, 'homeless.mjs')];
const loadAndRun = join(children, 'load-and-run.mjs');
const cli = join(root, 'dist/cli/main.js');
/** The error that load-and-run.mjs printed. It has ended by itself. */
function faultOf({ code, signal, stdout, stderr }) {
    expect({ code, signal }, stderr).to.deep.equal({ code: 0, signal: null });
    return JSON.parse(stdout);
}
describe('a host that lacks something', () => {
    let folder;
    /** Of a user with nothing but a LibTorch, which a clone's lies in the home folder. */
    let bare;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), 'node-libtorch-faults-'));
        const nothing = { XDG_CACHE_HOME: undefined, NODE_LIBTORCH_CACHE: undefined };
        bare = { ...nothing, LIBTORCH: dirname(locate().libDir) };
    });
    after(() => rmSync(folder, { recursive: true }));
    /** A `python3` on the PATH that has its torch there, or none. */
    function python(torch) {
        writeFileSync(join(folder, 'python3'), `#!/bin/sh\necho '${JSON.stringify(torch)}'\n`, { mode: 0o755 });
    }
    describe('a home folder', () => {
        it('models run with a LibTorch that comes after the cache', async () => {
            python([bare.LIBTORCH]);
            const { stdout, stderr } = await node([...homeless, loadAndRun], { ...bare, LIBTORCH: undefined, PATH: folder });
            expect(stdout, stderr).to.equal('7\n');
        });
        it('doctor reports, and all checks pass', async () => {
            const { code, stdout, stderr } = await node([...homeless, cli, 'doctor'], bare);
            expect(code, stdout + stderr).to.equal(0);
            expect(stdout).to.match(/^cache +none: this user has no home folder/m);
            expect(stdout).to.match(/^ +cache +the home folder: this user has no home folder/m);
        });
        it('a LibTorch that is nowhere else is not found, and every place is named', async () => {
            python([]);
            const env = { ...bare, LIBTORCH: undefined, PATH: folder };
            const { name, code, message } = faultOf(await node([...homeless, loadAndRun], env));
            expect({ name, code }).to.deep.equal({
                name: 'EnvironmentError [ERR_LIBTORCH_NOT_FOUND]',
                code: 'ERR_LIBTORCH_NOT_FOUND',
            });
            expect(message).to.include('cache: the home folder: this user has no home folder');
        });
        for (const command of [
            ['setup', '--cpu'],
            ['setup', '--cuda', '--verify'],
        ]) {
            it(`${command.join(' ')} says which setting names a folder`, async () => {
                const { code, stderr } = await node([...homeless, cli, ...command], bare);
                expect(code, stderr).to.equal(1);
                expect(stderr)
                    .to.include('[ERR_DOWNLOAD]')
                    .and.include('no home folder')
                    .and.include('set NODE_LIBTORCH_CACHE to');
            });
        }
        it('is not asked for where a setting names the cache', () => {
            expect(findCacheRoot({ NODE_LIBTORCH_CACHE: '/a' })).to.equal('/a');
            expect(findCacheRoot({ XDG_CACHE_HOME: '/b' })).to.equal('/b/node-libtorch');
            expect(cacheRoot({ HOME: '/c' })).to.equal('/c/.cache/node-libtorch');
        });
    });
    it('a working folder: an error before MKL ends the process', async () => {
        const { code, message } = faultOf(await node([loadAndRun, 'moved']));
        expect(code).to.equal('ERR_LIBTORCH_LOAD');
        expect(message).to.match(/^Expected a working folder that exists/);
    });
});
