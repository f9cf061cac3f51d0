import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { PrivateFolder } from '#dist/engines/aoti/private-folder.js';
import { rejection } from '../../support/errors.js';
describe('a private folder that cannot be made', () => {
    const root = mkdtempSync(join(tmpdir(), 'private-folder-'));
    after(() => {
        rmSync(root, { recursive: true });
    });
    it('leaves no lock behind', async () => {
        const released = [];
        const lockFile = (path) => {
            rmSync(dirname(path), { recursive: true }); // what a cleaner of temporary files does
            return 7;
        };
        const locks = { lockFile, unlockFile: (lock) => void released.push(lock) };
        const { message } = await rejection(() => PrivateFolder.create(locks, root), 'ERR_MODEL_LOAD');
        expect(message).to.include('received ENOENT');
        expect(released).to.deep.equal([7]);
    });
    it('leaves no folder behind', async () => {
        const lockFile = () => {
            throw Object.assign(new Error('none left'), { code: 'EMFILE' });
        };
        const locks = { lockFile, unlockFile: () => undefined };
        const { message } = await rejection(() => PrivateFolder.create(locks, root), 'ERR_MODEL_LOAD');
        expect(message).to.include('EMFILE');
        expect(readdirSync(root)).to.deep.equal([]);
    });
});
