import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isTruncatedElf } from '#dist/libtorch/elf.js';
import { root } from '../support/paths.js';
describe('truncated shared libraries', () => {
    const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-elf-'));
    after(() => rmSync(folder, { recursive: true }));
    const library = `${root}build/Release/loader.node`;
    it('are told by their header, wherever they end', () => {
        expect(isTruncatedElf(library)).to.equal(false);
        const copy = join(folder, 'copy.so');
        const { size } = statSync(library);
        for (const length of [5, 63, 64, 4096, size >> 1, size - 1]) {
            copyFileSync(library, copy);
            truncateSync(copy, length);
            expect(isTruncatedElf(copy), `${length} of ${size} bytes`).to.equal(true);
        }
    });
    it('are not what cannot be read', () => {
        expect(isTruncatedElf(folder)).to.equal(false);
        expect(isTruncatedElf(join(folder, 'none'))).to.equal(false);
    });
    it('are not what is no library', () => {
        const path = join(folder, 'text');
        for (const text of ['', 'x', '#!/bin/sh\n'.repeat(100)]) {
            writeFileSync(path, text);
            expect(isTruncatedElf(path)).to.equal(false);
        }
    });
});
