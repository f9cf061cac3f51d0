import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { owner, ownerName } from '#dist/libtorch/fetch/staging.js';
import { until } from '../../support/server/http.js';
import { rejection } from '../../support/errors.js';
import { cutAfter } from '../../support/mirror.js';
import { setupRun } from '../../support/setup-run.js';
describe('what setup had fetched before', function () {
    this.timeout(60_000);
    const run = setupRun();
    const { cpu, chosen, torchFile, torchBytes, downloads } = run;
    it('goes on where a broken connection had ended', async () => {
        run.mirror.instead.push(cutAfter(1000));
        await cpu();
        expect(run.mirror.requests.slice(0, 2)).to.deep.equal([`- ${torchFile()}`, `bytes=1000- ${torchFile()}`]);
    });
    it('goes on in the next run, and does not fetch again what was verified', async () => {
        const cudart = run.index.pin.wheels[1].file;
        await rm(run.index.path(1));
        run.mirror.instead.push(...Array.from({ length: 5 }, () => cutAfter(0)));
        const gone = await rejection(() => cpu(), 'ERR_DOWNLOAD');
        expect(gone.message).to.contain(torchFile()).and.contain('fix:');
        run.mirror.instead.length = 0;
        expect((await rejection(() => cpu(), 'ERR_DOWNLOAD')).message).to.contain(`${cudart}: the status was 404`);
        expect(downloads()).to.deep.equal([torchFile()]);
        run.mirror.requests.length = 0;
        await rejection(() => cpu(), 'ERR_DOWNLOAD');
        expect(run.mirror.requests).to.deep.equal([`- ${cudart}`]);
        expect(chosen()).to.equal(undefined);
    });
    it('takes up a part that a killed run left', async () => {
        mkdirSync(join(run.index.cache, 'downloads'), { recursive: true });
        const part = readFileSync(run.index.path(0)).subarray(0, 500);
        writeFileSync(join(run.index.cache, 'downloads', `${torchFile()}.part-${ownerName(4194303)}-1a2b3c4d`), part);
        await cpu();
        expect(run.mirror.requests[0]).to.equal(`bytes=500- ${torchFile()}`);
    });
    it('leaves a part to another machine that may be writing it, and takes it when that has been quiet', async () => {
        const folder = join(run.index.cache, 'downloads');
        mkdirSync(folder, { recursive: true });
        const part = join(folder, `${torchFile()}.part-other.host-7-1a2b3c4d`);
        writeFileSync(part, readFileSync(run.index.path(0)).subarray(0, 500));
        await cpu();
        expect(run.mirror.requests[0]).to.equal(`- ${torchFile()}`);
        expect(downloads()).to.have.length(1);
        await rm(run.index.set, { recursive: true });
        const past = new Date(Date.now() - 11 * 60_000);
        utimesSync(part, past, past);
        run.mirror.requests.length = 0;
        await cpu();
        expect(run.mirror.requests[0]).to.equal(`bytes=500- ${torchFile()}`);
        expect(downloads()).to.deep.equal([]);
    });
    it('never takes the part of a process that lives here, however quiet', async () => {
        const folder = join(run.index.cache, 'downloads');
        mkdirSync(folder, { recursive: true });
        const part = join(folder, `${torchFile()}.part-${owner}-1a2b3c4d`);
        writeFileSync(part, readFileSync(run.index.path(0)).subarray(0, 500));
        const past = new Date(Date.now() - 3600_000);
        utimesSync(part, past, past);
        await cpu();
        expect(run.mirror.requests[0]).to.equal(`- ${torchFile()}`);
        expect(existsSync(part)).to.equal(true);
    });
    it('sweeps what nobody came back for within a week, and folders of a pip that was killed', async () => {
        const folder = join(run.index.cache, 'downloads');
        const name = (kind, writer) => join(folder, `${torchFile()}.${kind}-${writer}-1a2b3c4d`);
        const old = name('part', 'other.host-7');
        const [killed, running] = [name('scratch', ownerName(4194303)), name('scratch', owner)];
        for (const path of [old, killed, running])
            mkdirSync(join(path, 'tmp'), { recursive: true });
        const past = new Date(Date.now() - 8 * 24 * 3600_000);
        utimesSync(old, past, past);
        await cpu();
        expect(downloads()).to.deep.equal([basename(running)]);
    });
    it('begins anew in the same run where an earlier one had got something else', async () => {
        mkdirSync(join(run.index.cache, 'downloads'), { recursive: true });
        writeFileSync(join(run.index.cache, 'downloads', `${torchFile()}.part`), '<html>please log in</html>');
        await cpu();
        expect(run.mirror.requests.slice(0, 2)).to.deep.equal([`bytes=26- ${torchFile()}`, `- ${torchFile()}`]);
        expect(chosen()).to.equal(run.index.set);
    });
    it('keeps nothing of an answer that says it is of another size', async () => {
        run.mirror.instead.push((_request, response) => response.writeHead(200, { 'content-length': 26 }).end('<html>please log in</html>'));
        const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
        expect(message).to.contain(`it has 26 bytes, not the pinned ${torchBytes()}`);
        expect(downloads().filter((name) => readFileSync(join(run.index.cache, 'downloads', name)).length > 0)).to.deep.equal([]);
    });
    it('begins anew where the mirror knows no ranges, or the part is longer than the file', async () => {
        run.mirror.instead.push(cutAfter(1000), (_request, response, file) => response.writeHead(200).end(file));
        await cpu();
        await rm(run.index.set, { recursive: true });
        mkdirSync(join(run.index.cache, 'downloads'), { recursive: true });
        writeFileSync(join(run.index.cache, 'downloads', `${torchFile()}.part`), Buffer.alloc(torchBytes() + 1));
        await cpu();
    });
    it('begins anew where the mirror answers another range than was asked for', async () => {
        run.mirror.instead.push(cutAfter(1000), (_request, response, file) => {
            const range = `bytes 0-${file.length - 1}/${file.length}`;
            response.writeHead(206, { 'content-range': range }).end(file);
        });
        await cpu();
        const ranges = run.mirror.requests.map((request) => request.split(' ')[0]);
        expect(ranges.slice(0, 3)).to.deep.equal(['-', 'bytes=1000-', '-']);
    });
    it('stops when it is told to, and leaves its part', async () => {
        const stop = new AbortController();
        run.mirror.instead.push((_request, response, file) => {
            response.writeHead(200, { 'content-length': file.length });
            response.write(file.subarray(0, 700));
        });
        const stopped = cpu({ signal: stop.signal }).catch((error) => error);
        const folder = join(run.index.cache, 'downloads');
        await until('its part is there', () => downloads().some((name) => statSync(join(folder, name)).size === 700));
        stop.abort('stopped');
        expect(await stopped).to.equal('stopped');
        expect(downloads()).to.deep.equal([`${torchFile()}.part`]);
        await cpu();
        expect(run.mirror.requests[1]).to.equal(`bytes=700- ${torchFile()}`);
    });
    it('two at once both end with the set', async () => {
        const results = await Promise.all([cpu(), cpu(), cpu()]);
        expect(new Set(results.map(({ set }) => set))).to.deep.equal(new Set([run.index.set]));
        expect(downloads()).to.deep.equal([]);
    });
});
