import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { cacheRoot } from '#dist/libtorch/find/cache.js';
import { candidates } from '#dist/libtorch/find/locate.js';
import { silent } from '#dist/libtorch/fetch/progress.js';
import { setup } from '#dist/libtorch/fetch/setup.js';
import { rejection } from '../../support/errors.js';
import { contents, triple } from '../../support/fake-wheels.js';
import { setupRun } from '../../support/setup-run.js';
describe('setup', function () {
    this.timeout(60_000);
    const run = setupRun();
    const { cpu, cuda, chosen, torchFile, torchBytes, downloads } = run;
    it('fetches from a mirror, and is chosen; the second time nothing is fetched', async () => {
        const { fetched, lines } = await cpu();
        expect(fetched).to.have.length(2);
        expect(lines).to.deep.equal([`LibTorch 2.15.0 (cpu) was fetched and is used from now on: ${run.index.set}`]);
        expect(chosen()).to.equal(run.index.set);
        const [, first] = [...candidates({ env: run.env })];
        expect(first).to.deep.include({ source: 'setup', place: run.index.set });
        expect(readdirSync(run.index.cache).sort()).to.deep.equal([
            `chosen-2.15-${triple}.json`,
            'downloads',
            'libtorch-2.15.0-linux-x64-cpu',
        ]);
        run.mirror.requests.length = 0;
        expect((await cpu()).lines[0]).to.contain('was already there');
        expect(run.mirror.requests).to.deep.equal([]);
    });
    it('a CUDA set lies beside the CPU’s; either can be chosen again', async () => {
        await cpu();
        const { set, lines } = await cuda();
        expect(set).to.match(/libtorch-2\.15\.0-linux-x64-cuda$/);
        expect(readFileSync(join(set, 'lib/libtorch_cuda.so'), 'utf8')).to.equal(contents['torch/lib/libtorch_cuda.so']);
        expect(chosen()).to.equal(set);
        expect(lines[1]).to.equal(`The previous one stays in ${run.index.set}`);
        const found = [...candidates({ env: run.env })].map(({ source, place, set: usable }) => [
            source,
            place,
            usable?.hasCuda,
        ]);
        expect(found.slice(1, 3)).to.deep.equal([
            ['setup', set, true],
            ['cache', run.index.set, false],
        ]);
        await cpu();
        expect(chosen()).to.equal(run.index.set);
        expect(existsSync(set)).to.equal(true);
    });
    for (const where of ['/etc/passwd', '/etc/passwd/x', '/proc/x/y']) {
        it(`a cache that cannot be written to: ${where}`, async () => {
            run.env.NODE_LIBTORCH_CACHE = where;
            const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
            expect(message).to.contain(where).and.contain('fix: set NODE_LIBTORCH_CACHE');
        });
    }
    it('a cache by a relative path is one folder, wherever the process works', () => {
        expect(cacheRoot({ NODE_LIBTORCH_CACHE: 'cache' })).to.equal(join(process.cwd(), 'cache'));
    });
    it('a stopped --verify chooses nothing', async () => {
        await cpu();
        const { set } = await cuda();
        const stop = new AbortController();
        const report = { ...silent, step: () => stop.abort('stopped') };
        const stopped = await cpu({ verify: true, signal: stop.signal, report }).catch((error) => error);
        expect(stopped).to.equal('stopped');
        expect(chosen()).to.equal(set);
    });
    for (const [what, spoil] of [
        ['tampered', (path) => writeFile(path, Buffer.alloc(torchBytes(), 1))],
        ['longer', (path) => appendFile(path, 'x')],
        ['shorter', (path) => writeFile(path, 'x')],
    ]) {
        it(`a ${what} file is refused, and what was there works on`, async () => {
            await cpu();
            const before = chosen();
            await spoil(run.index.path(0));
            const error = await rejection(() => cuda(), what === 'tampered' ? 'ERR_INTEGRITY' : 'ERR_DOWNLOAD');
            expect(error.message).to.contain(torchFile()).and.contain('fix:');
            expect(chosen()).to.equal(before);
            expect(existsSync(join(run.index.cache, 'libtorch-2.15.0-linux-x64-cuda'))).to.equal(false);
            expect([...candidates({ env: run.env })][1]?.set?.libDir).to.equal(join(run.index.set, 'lib'));
            if (what === 'tampered')
                expect(downloads()).to.deep.equal([]);
        });
    }
    it('fetches again what --verify finds changed', async () => {
        await cpu();
        const library = join(run.index.set, 'lib/libc10.so');
        writeFileSync(library, 'c11');
        expect((await cpu()).fetched).to.deep.equal([]);
        expect((await cpu({ verify: true })).fetched).to.deep.equal([torchFile()]);
        expect(readFileSync(library, 'utf8')).to.equal('c10');
    });
    it('what --verify finds changed stays until it can be replaced', async () => {
        await cpu();
        const library = join(run.index.set, 'lib/libc10.so');
        writeFileSync(library, 'c11');
        await rm(run.index.path(0));
        await rejection(() => cpu({ verify: true }), 'ERR_DOWNLOAD');
        expect(readFileSync(library, 'utf8')).to.equal('c11');
    });
    it('without Python and mirror, says how to get either', async () => {
        delete run.env.NODE_LIBTORCH_MIRROR;
        const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
        expect(message).to.contain('NODE_LIBTORCH_MIRROR').and.contain('apt-get install -y python3 python3-pip');
    });
    it('a release that is not pinned: the ones that are', async () => {
        const error = await rejection(() => setup({ kind: 'cpu', version: '2.9.1', triple, env: run.env }), 'ERR_PLATFORM_UNSUPPORTED');
        expect(error.message).to.contain('2.15.0 cuda (linux-x64)').and.contain('2.11.0 cpu (linux-x64)');
    });
    it('a full disk is found before anything is fetched, or says so', async function () {
        const small = join(run.index.cache, '..', 'small');
        mkdirSync(small);
        try {
            execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small], { stdio: 'ignore' });
        }
        catch {
            this.skip(); // needs root
        }
        try {
            run.env.NODE_LIBTORCH_CACHE = small;
            const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
            expect(message)
                .to.match(/Expected 0.1 MB for the files of torch-.*, but 0.0 MB are free/)
                .and.contain(small);
            expect(existsSync(join(small, 'libtorch-2.15.0-linux-x64-cpu'))).to.equal(false);
        }
        finally {
            execFileSync('umount', [small]);
        }
    });
});
