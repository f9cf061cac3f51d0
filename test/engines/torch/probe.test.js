import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { diagnose } from '#dist/libtorch/diagnose.js';
import { probe } from '#dist/libtorch/probe.js';
describe('probe', () => {
    let folder;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
    });
    after(() => rm(folder, { recursive: true }));
    const entry = async (script) => {
        const path = join(folder, 'entry.mjs');
        await writeFile(path, script);
        return path;
    };
    it('loads the addon and asks LibTorch about itself', async () => {
        const result = await probe();
        if (!result.ok)
            throw new Error(result.message);
        expect(result.addonPath).to.match(/node_libtorch\.node$/);
        expect(result.runtime).to.include.keys('torchVersion', 'cpuCapability', 'devices');
    });
    it('brings the error that the child had', async () => {
        const result = await probe({ env: { ...process.env, LIBTORCH: folder } });
        expect(result).to.include({ ok: false, code: 'ERR_LIBTORCH_NOT_FOUND' });
        if (!result.ok)
            expect(result.message).to.contain(folder);
    });
    it('reports a crash with its signal', async () => {
        const result = await probe({
            entry: await entry(`process.kill(process.pid, 'SIGSEGV'); setTimeout(() => {}, 1e4)`),
        });
        expect(result).to.include({ ok: false, code: 'ERR_ADDON_LOAD', signal: 'SIGSEGV' });
        if (!result.ok)
            expect(result.message).to.contain('was ended by SIGSEGV').and.contain('fix: ');
    });
    it('reports a crash after the answer, at exit', async () => {
        const result = await probe({
            entry: await entry(`console.log('{"ok":true}'); process.on('exit', () => process.kill(process.pid, 'SIGABRT'))`),
        });
        expect(result).to.include({ ok: false, signal: 'SIGABRT' });
        if (!result.ok)
            expect(result.message).to.contain('after it had answered');
    });
    it('ends a child that hangs', async () => {
        const result = await probe({ entry: await entry('setInterval(() => {}, 1000)'), timeoutMs: 300 });
        expect(result).to.include({ ok: false });
        if (!result.ok)
            expect(result.message).to.contain('did not end within 300 ms');
    });
    it('shows the end of what a failing child said', async () => {
        const result = await probe({ entry: await entry(`throw new Error('the reason')`) });
        if (result.ok)
            throw new Error('expected a failure');
        expect(result.message).to.contain('exit code 1');
    });
});
describe('diagnose', () => {
    it('is whole and JSON-able, and tells no secrets', async () => {
        process.env.PIP_INDEX_URL = 'https://user:hunter2@mirror.example/simple';
        try {
            const diagnosis = await diagnose();
            expect(diagnosis.ok, JSON.stringify(diagnosis.probe)).to.equal(true);
            const text = JSON.stringify(diagnosis);
            expect(JSON.parse(text)).to.include.keys('version', 'platform', 'cpu', 'memory', 'libtorch', 'cache', 'addon', 'probe', 'env');
            expect(text).not.to.contain('hunter2');
            expect(diagnosis.libtorch.map(({ source }) => source)).to.deep.equal(['LIBTORCH', 'cache', 'package', 'python']);
        }
        finally {
            delete process.env.PIP_INDEX_URL;
        }
    });
});
