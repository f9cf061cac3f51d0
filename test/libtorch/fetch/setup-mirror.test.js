import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { expect } from 'chai';
import { wheelList } from '#dist/libtorch/fetch/setup.js';
import { rejection } from '../../support/errors.js';
import { redirectTo, serveMirror } from '../../support/mirror.js';
import { setupRun } from '../../support/setup-run.js';
describe('a mirror', function () {
    this.timeout(60_000);
    const run = setupRun();
    const { cpu, torchFile, torchBytes } = run;
    it('takes the wheels of a folder, and leaves them there', async () => {
        run.env.NODE_LIBTORCH_MIRROR = run.index.folder;
        await cpu();
        expect(readdirSync(run.index.folder)).to.have.length(2);
        expect(readFileSync(join(run.index.set, 'lib/libc10.so'), 'utf8')).to.equal('c10');
    });
    it('a mirror of symbolic links', async () => {
        const store = join(run.index.folder, '..', 'store');
        renameSync(run.index.folder, store);
        mkdirSync(run.index.folder);
        for (const file of readdirSync(store))
            symlinkSync(join('..', 'store', file), join(run.index.folder, file));
        run.env.NODE_LIBTORCH_MIRROR = run.index.folder;
        expect((await cpu()).fetched).to.have.length(2);
    });
    for (const mirrorName of ['https://', 'https://host:99999/x', 'file:///wheels', 'ftp://host/wheels']) {
        it(`a mirror that is neither folder nor URL: ${mirrorName}`, async () => {
            run.env.NODE_LIBTORCH_MIRROR = mirrorName;
            const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
            expect(message).to.contain('a folder or an http(s) URL').and.contain('fix:');
        });
    }
    it('a mirror with a folder where the wheel should be', async () => {
        run.env.NODE_LIBTORCH_MIRROR = run.index.folder;
        await rm(run.index.path(0));
        mkdirSync(run.index.path(0));
        const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
        expect(message).to.contain(torchFile()).and.contain('it is missing');
    });
    it('says what a tampered file of a mirror is, and nothing of pip', async () => {
        run.env.NODE_LIBTORCH_MIRROR = run.index.folder;
        await writeFile(run.index.path(0), Buffer.alloc(torchBytes(), 1));
        const { message } = await rejection(() => cpu(), 'ERR_INTEGRITY');
        expect(message).to.contain(`into the mirror ${run.index.folder}`).and.not.contain('pip');
    });
    it('lists the wheels of a mirror, as sha256sum reads them', () => {
        const lines = wheelList('cuda');
        expect(lines).to.have.length.above(10);
        for (const line of lines)
            expect(line).to.match(/^[0-9a-f]{64} {2}\S+\.whl$/);
        expect(lines[0]).to.contain('torch-2.15.0-');
        expect(wheelList('cpu', '2.11.0')[0]).to.contain('torch-2.11.0-');
    });
    it('follows redirects, but not for ever and not to anything', async () => {
        run.mirror.instead.push(redirectTo(`${run.mirror.url}/elsewhere/${torchFile()}`));
        await cpu();
        await rm(run.index.set, { recursive: true });
        run.mirror.instead.push(...Array.from({ length: 6 }, () => redirectTo(`${run.mirror.url}/${torchFile()}`)));
        expect((await rejection(() => cpu(), 'ERR_DOWNLOAD')).message).to.contain('more than 5 redirects');
        run.mirror.instead.splice(0, Infinity, redirectTo('file:///etc/passwd'));
        expect((await rejection(() => cpu(), 'ERR_DOWNLOAD')).message).to.contain('from http: to file: is refused');
    });
    it('is not redirected from https to http', async function () {
        const key = join(run.index.cache, '..', 'key.pem');
        const cert = join(run.index.cache, '..', 'cert.pem');
        const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mirror -keyout ${key} -out ${cert}`;
        if (spawnSync('openssl', request.split(' ')).status !== 0)
            this.skip();
        const secure = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
            response.writeHead(302, { location: `${run.mirror.url}/${torchFile()}` }).end();
        });
        await once(secure.listen(0, '127.0.0.1'), 'listening');
        const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
        process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
        try {
            run.env.NODE_LIBTORCH_MIRROR = `https://127.0.0.1:${secure.address().port}`;
            const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
            expect(message).to.contain('a redirect from https: to http: is refused');
            expect(run.mirror.requests).to.deep.equal([]);
        }
        finally {
            if (before === undefined)
                delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
            else
                process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
            secure.closeAllConnections();
            await once(secure.close(), 'close');
        }
    });
    it('gives its user and password to the mirror alone, and prints neither', async () => {
        const seen = [];
        const other = await serveMirror(run.index.folder);
        other.instead.push((request, response) => {
            seen.push(request.headers.authorization);
            response.writeHead(403).end();
        });
        run.mirror.instead.push((request, response) => {
            seen.push(request.headers.authorization);
            response.writeHead(307, { location: `${other.url}/${torchFile()}` }).end();
        });
        run.env.NODE_LIBTORCH_MIRROR = run.mirror.url.replace('//', '//me:secret@');
        const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
        await other[Symbol.asyncDispose]();
        expect(seen).to.deep.equal([`Basic ${Buffer.from('me:secret').toString('base64')}`, undefined]);
        expect(message).to.contain('403').and.not.contain('secret');
    });
});
