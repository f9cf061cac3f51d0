import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { moveInto, writeFileAtomic } from '#dist/files/atomic.js';
import { digestFile, requirePinned, RunningDigest } from '#dist/files/hash.js';
import { withRegularFile, readSmallFile } from '#dist/files/regular-file.js';
import { resolveFrom } from '#dist/files/resolve.js';
import { rejection } from '../support/errors.js';
import { root } from '../support/paths.js';
describe('files', () => {
    let folder;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'node-libtorch-files-'))));
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });
    const at = (name) => join(folder, name);
    const write = (name, content) => {
        writeFileSync(at(name), content);
        return at(name);
    };
    const fifo = () => {
        execFileSync('mkfifo', [at('fifo')]);
        return at('fifo');
    };
    describe('a digest', () => {
        it('is that of all bytes, over several pieces', async () => {
            const bytes = Buffer.alloc(3 * 2 ** 20 + 5, 'abc');
            const sha256 = createHash('sha256').update(bytes).digest('hex');
            expect(await digestFile(write('large', bytes))).to.deep.equal({ sha256, bytes: bytes.length });
            const running = new RunningDigest();
            running.update(bytes.subarray(0, 7));
            running.update(bytes.subarray(7));
            expect(running.finish()).to.deep.equal({ sha256, bytes: bytes.length });
        });
        it('ends when it is stopped', async () => {
            const reason = new Error('stopped');
            const found = await digestFile(write('a', 'a'), 'a', AbortSignal.abort(reason)).catch((error) => error);
            expect(found).to.equal(reason);
        });
        it('decides whether a file is the pinned one', async () => {
            const path = write('a', 'a');
            const { sha256 } = await digestFile(path);
            await requirePinned(path, { sha256, name: 'a', fix: 'none' });
            const pinned = { sha256: '0'.repeat(64), name: 'the wheel', fix: 'fetch it' };
            const { message } = await rejection(() => requirePinned(path, pinned), 'ERR_INTEGRITY');
            expect(message).to.contain('the wheel').and.contain(sha256).and.contain('fix: fetch it');
        });
    });
    describe('what is not a regular file', () => {
        it('is refused without waiting for a writer or a reader', async () => {
            for (const path of [fifo(), folder]) {
                await rejection(() => digestFile(path, 'it'), 'ERR_INTEGRITY');
                await rejection(() => readSmallFile(path, 'it', 10), 'ERR_INTEGRITY');
                const own = new Error('own');
                expect(await withRegularFile(path, () => own, async () => undefined).catch((error) => error)).to.equal(own);
            }
            const missing = (error) => error.code;
            expect(await digestFile(at('missing')).catch(missing)).to.equal('ENOENT');
        });
        it('and a file that is too large for what reads it', async () => {
            expect(await readSmallFile(write('a', 'äb'), 'it', 3)).to.equal('äb');
            await rejection(() => readSmallFile(at('a'), 'it', 2), 'ERR_INTEGRITY');
        });
    });
    describe('an atomic write', () => {
        it('replaces the file and leaves nothing beside it', async () => {
            write('record', 'old and longer');
            await writeFileAtomic(at('record'), 'new');
            expect(readFileSync(at('record'), 'utf8')).to.equal('new');
            expect(readdirSync(folder)).to.deep.equal(['record']);
        });
        it('leaves what was there when it fails', async () => {
            mkdirSync(at('record/inside'), { recursive: true }); // a rename over a folder fails
            await writeFileAtomic(at('record'), 'new').then(() => expect.fail('was written'), () => undefined);
            expect(readdirSync(folder)).to.deep.equal(['record']);
        });
        it('replaces the link, not what it leads to', async () => {
            write('target', 'old');
            symlinkSync(at('target'), at('link'));
            await writeFileAtomic(at('link'), 'new');
            expect([readFileSync(at('target'), 'utf8'), readFileSync(at('link'), 'utf8')]).to.deep.equal(['old', 'new']);
        });
    });
    it('a folder that is moved into place puts the old one aside', async () => {
        for (const name of ['place/old', 'finished/new', 'aside'])
            mkdirSync(at(name), { recursive: true });
        await moveInto(at('place'), at('finished'), at('aside'));
        expect(readdirSync(at('place'))).to.deep.equal(['new']);
        expect(readdirSync(at('aside/old-0'))).to.deep.equal(['old']);
    });
    it('a package is found from a folder, or is not there', () => {
        expect(resolveFrom(root, 'mocha/package.json')).to.match(/mocha\/package\.json$/);
        expect(resolveFrom(root, 'no-such-package-at-all')).to.equal(undefined);
    });
});
