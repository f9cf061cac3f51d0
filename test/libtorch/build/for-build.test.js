import { existsSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { chooseSet } from '#dist/libtorch/find/cache.js';
import { verifySet } from '../../support/verify-set.js';
import { libtorchForBuild } from '#dist/libtorch/build/for-build.js';
import { rejection } from '../../support/errors.js';
import { fakeIndex, triple } from '../../support/fake-wheels.js';
describe('libtorchForBuild', function () {
    this.timeout(30_000); // pip
    let index;
    let env;
    beforeEach(async () => {
        index = await fakeIndex();
        env = index.env;
    });
    afterEach(() => index[Symbol.asyncDispose]());
    const libtorch = async (folder, version, headers) => {
        const root = join(index.folder, '..', folder);
        const files = { 'lib/libc10.so': '', 'lib/libtorch_cpu.so': '', 'version.py': `__version__ = '${version}'` };
        for (const [name, content] of Object.entries({ ...files, ...(headers && { 'include/ATen/ATen.h': '' }) })) {
            await mkdir(dirname(join(root, name)), { recursive: true });
            await writeFile(join(root, name), content);
        }
        return root;
    };
    it('fetches the pinned one with its headers when there is none', async () => {
        const found = await libtorchForBuild({ env, pin: index.pin });
        expect(found).to.include({ source: 'cache', version: '2.15.0', includeDir: join(index.set, 'include') });
        expect(existsSync(join(found.includeDir, 'ATen/ATen.h'))).to.equal(true);
        await index.empty();
        expect(await libtorchForBuild({ env, pin: index.pin })).to.include({
            source: 'cache',
            includeDir: found.includeDir,
        });
    });
    it('takes LIBTORCH, and refuses one without headers or of another minor', async () => {
        const good = await libtorch('good', '2.15.3', true);
        expect(await libtorchForBuild({ env: { ...env, LIBTORCH: good } })).to.include({
            source: 'LIBTORCH',
            version: '2.15.3',
        });
        const bare = await libtorch('bare', '2.15.3', false);
        const error = await rejection(() => libtorchForBuild({ env: { ...env, LIBTORCH: bare } }), 'ERR_LIBTORCH_NOT_FOUND');
        expect(error.message).to.contain(bare).and.contain('has no include/ATen/ATen.h').and.contain('fix: ');
        const old = await libtorch('old', '2.11.0', true);
        const wrong = await rejection(() => libtorchForBuild({ env: { ...env, LIBTORCH: old } }), 'ERR_LIBTORCH_VERSION');
        expect(wrong.message).to.contain('2.11.0').and.contain('2.15');
        expect(await libtorchForBuild({ env: { ...env, LIBTORCH: old }, version: '2.11.0' })).to.include({
            version: '2.11.0',
        });
    });
    it('takes the torch of the active Python instead of fetching', async () => {
        const site = dirname(await libtorch('site/torch', '2.15.0+cpu', true));
        await writeFile(join(site, 'torch/__init__.py'), 'raise RuntimeError("imported")');
        await index.empty();
        const found = await libtorchForBuild({ env: { ...env, PYTHONPATH: site }, pin: index.pin });
        expect(found).to.include({ source: 'python', version: '2.15.0+cpu' });
    });
    it('completes a set that setup chose', async () => {
        await libtorchForBuild({ env, pin: index.pin });
        await chooseSet(index.set, '2.15.0', triple, env);
        await truncate(join(index.set, 'lib/libtorch_cpu.so'), 2);
        await libtorchForBuild({ env, pin: index.pin });
        expect(await verifySet(index.set)).to.deep.equal([]);
    });
    it('does not fetch another minor', async () => {
        const error = await rejection(() => libtorchForBuild({ env, version: '2.11.0' }), 'ERR_LIBTORCH_NOT_FOUND');
        expect(error.message).to.contain('pip install torch==2.11.0');
    });
});
