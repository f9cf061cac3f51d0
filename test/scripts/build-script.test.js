import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { root } from '../support/paths.js';
describe('the build script', () => {
    let folder;
    let stamps;
    before(async () => {
        stamps = (await import(pathToFileURL(join(root, 'scripts/steps/stamps.mjs')).href));
    });
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
    });
    afterEach(() => rm(folder, { recursive: true }));
    it('sees a changed, a renamed and a new file, and not a touched one', async () => {
        const see = () => stamps.fingerprint(folder, ['src', 'one.json', 'absent'], ['2.15.0']);
        await mkdir(join(folder, 'src/deep'), { recursive: true });
        await writeFile(join(folder, 'src/deep/a.cc'), 'a');
        await writeFile(join(folder, 'one.json'), '{}');
        const first = see();
        await utimes(join(folder, 'one.json'), 1, 1);
        expect(see()).to.equal(first);
        await writeFile(join(folder, 'src/b.cc'), '');
        const second = see();
        await writeFile(join(folder, 'src/deep/a.cc'), 'A');
        expect(new Set([first, second, see(), stamps.fingerprint(folder, ['src'], [])]).size).to.equal(4);
    });
    it('a step is fresh only on the same inputs and with its outputs there', async () => {
        const file = join(folder, 'build/stamps.json');
        const output = join(folder, 'out.node');
        new stamps.Stamps(file).set('native', 'inputs');
        const again = new stamps.Stamps(file);
        expect(again.isFresh('native', 'inputs', [output])).to.equal(false);
        await writeFile(output, '');
        expect(again.isFresh('native', 'inputs', [output])).to.equal(true);
        expect(again.isFresh('native', 'others', [output])).to.equal(false);
        expect(again.isFresh('probe', 'inputs', [output])).to.equal(false);
    });
    it('ends with one message when the tools are missing', async () => {
        await symlink(process.execPath, join(folder, 'node'));
        const env = { ...process.env, PATH: folder, CXX: '' };
        const args = ['scripts/build.mjs', '--native-only', '--force'];
        const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
        expect(status).to.equal(1);
        expect(stderr)
            .to.contain('ERR_BUILD: The native addon cannot be built')
            .and.contain('apt-get install -y g++ cmake');
        expect(stderr).not.to.contain('    at ');
    });
    it('ends with 2 and its usage when it is asked wrongly', () => {
        const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs', '--nope'], {
            cwd: root,
            encoding: 'utf8',
        });
        expect(status).to.equal(2);
        expect(stderr).to.contain('--ts-only');
    });
});
