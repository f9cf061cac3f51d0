import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { node } from '../../support/child.js';
import { root } from '../../support/paths.js';
import { compiled, scratch } from '../../support/repack.js';
const child = `${root}test/engines/aoti/children/folder.mjs`;
const x = new Tensor('float32', new Float32Array(32), [1, 32]);
describe('the private folder of a package', function () {
    this.timeout(60_000);
    const folder = scratch();
    const left = () => readdirSync(folder()).filter((name) => name.startsWith('node-libtorch'));
    const start = (mode) => node([child, mode, compiled('elementwise')], { NODE_LIBTORCH_TMPDIR: folder() });
    let before;
    beforeEach(() => {
        before = process.env.NODE_LIBTORCH_TMPDIR;
        process.env.NODE_LIBTORCH_TMPDIR = folder();
    });
    afterEach(() => {
        if (before === undefined)
            delete process.env.NODE_LIBTORCH_TMPDIR;
        else
            process.env.NODE_LIBTORCH_TMPDIR = before;
        for (const name of left())
            rmSync(join(folder(), name), { recursive: true });
    });
    it('is for this user alone, lies where the operator wants it, holds no source, and goes with the model', async () => {
        const model = await loadModel(compiled('mlp'));
        const [name] = left();
        const path = join(folder(), String(name));
        expect(statSync(path).mode & 0o777).to.equal(0o700);
        const files = readdirSync(path, { recursive: true, withFileTypes: true });
        expect(files.map((file) => file.name).filter((file) => /\.cpp$/.test(file))).to.deep.equal([]);
        for (const file of files)
            expect(statSync(join(file.parentPath, file.name)).mode & 0o077, file.name).to.equal(0);
        await model.dispose();
        expect(left()).to.deep.equal([]);
    });
    it('100 packages that load at once, and 100 one after the other, leave none', async () => {
        const models = await Promise.all(Array.from({ length: 100 }, () => loadModel(compiled('elementwise'))));
        expect(left()).to.have.length(100);
        const answers = await Promise.all(models.map((model) => model.run(x)));
        for (const answer of answers)
            expect(answer.data[1]).to.equal(-2);
        await Promise.all(models.map((model) => model.dispose()));
        expect(left()).to.deep.equal([]);
        for (let i = 0; i < 100; ++i) {
            const model = await loadModel(compiled(i % 2 ? 'elementwise' : 'mlp'));
            await model.dispose();
        }
        expect(left()).to.deep.equal([]);
    });
    it('a load that is aborted leaves none', async () => {
        for (let i = 0; i < 20; ++i) {
            const stop = new AbortController();
            const loading = loadModel(compiled('elementwise'), { signal: stop.signal });
            setTimeout(() => {
                stop.abort(new Error('enough'));
            }, i);
            await loading.then((model) => model.dispose(), () => undefined);
        }
        while (left().length > 0)
            await new Promise((resolve) => setTimeout(resolve, 10)); // an aborted load ends in the background
    });
    it('goes when the process ends, whichever way it has a say in', async () => {
        for (const mode of ['end', 'exit', 'throw', 'worker']) {
            const ended = await start(mode);
            expect(ended, ended.stderr).to.include({ signal: null });
            expect(left(), mode).to.deep.equal([]);
        }
    });
    it('of a killed process is swept by the next, that of a living one never', async () => {
        expect(await start('kill')).to.include({ signal: 'SIGKILL' });
        expect(left()).to.have.length(1);
        const alive = spawn(process.execPath, [child, 'stay', compiled('elementwise')], {
            env: { ...process.env, NODE_LIBTORCH_TMPDIR: folder() },
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        try {
            await once(alive.stdout, 'data');
            const living = left();
            expect(living, 'the killed one’s is gone').to.have.length(1);
            expect((await start('end')).code).to.equal(0);
            expect(left()).to.deep.equal(living);
        }
        finally {
            alive.kill('SIGKILL');
            await once(alive, 'exit');
        }
        expect((await start('end')).code).to.equal(0);
        expect(left()).to.deep.equal([]);
    });
    it('sweeping touches nothing else', async () => {
        const foreign = join(folder(), 'node-libtorch-notours');
        mkdirSync(foreign);
        const target = join(folder(), 'precious');
        mkdirSync(target);
        writeFileSync(join(target, 'lock'), '');
        symlinkSync(target, join(folder(), 'node-libtorch-linked'));
        const young = join(folder(), 'node-libtorch.new-abcdef');
        const old = join(folder(), 'node-libtorch.new-ghijkl');
        for (const path of [young, old])
            mkdirSync(path);
        utimesSync(old, 0, 0);
        expect((await start('end')).code).to.equal(0);
        expect([foreign, join(target, 'lock'), young, old].map((path) => existsSync(path))).to.deep.equal([
            true,
            true,
            true,
            false,
        ]);
    });
    it('cannot be made: ERR_MODEL_LOAD says where, and what to set', async () => {
        process.env.NODE_LIBTORCH_TMPDIR = join(folder(), 'missing');
        const error = await rejection(() => loadModel(compiled('elementwise')), 'ERR_MODEL_LOAD');
        expect(error.message).to.match(/missing.*ENOENT.*NODE_LIBTORCH_TMPDIR/);
    });
    it('on a file system that runs no code: ERR_MODEL_LOAD names the setting', async function () {
        const mounted = await start('noexec');
        if (mounted.stdout.includes('cannot mount'))
            this.skip();
        expect(mounted.stdout).to.match(/ERR_MODEL_LOAD.*noexec.*NODE_LIBTORCH_TMPDIR/);
    });
});
