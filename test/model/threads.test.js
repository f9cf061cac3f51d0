import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { availableCores, cgroupQuota, defaultIntraOpThreads } from '#dist/model/threads.js';
const v1 = (quota, period) => ({
    'cpu/cpu.cfs_quota_us': quota,
    'cpu/cpu.cfs_period_us': period,
});
describe('cores of a control group', () => {
    let root;
    beforeEach(async () => {
        root = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
    });
    afterEach(() => rm(root, { recursive: true }));
    const cases = [
        ['v2, two CPUs', { 'cpu.max': '200000 100000\n' }, 2],
        ['v2, a fraction', { 'cpu.max': '150000 100000\n' }, 1.5],
        ['v2, less than one CPU', { 'cpu.max': '5000 100000\n' }, 0.05],
        ['v2, another period', { 'cpu.max': '20000 10000' }, 2],
        ['v2, no limit', { 'cpu.max': 'max 100000\n' }, undefined],
        ['v2, empty', { 'cpu.max': '' }, undefined],
        ['v2, no period', { 'cpu.max': '200000\n' }, undefined],
        ['v2, a period of 0', { 'cpu.max': '200000 0\n' }, undefined],
        ['v2, nonsense', { 'cpu.max': 'a b c\n' }, undefined],
        ['v1, four CPUs', v1('400000\n', '100000\n'), 4],
        ['v1, a fraction', v1('25000\n', '100000\n'), 0.25],
        ['v1, no limit', v1('-1\n', '100000\n'), undefined],
        ['v1, no period', { 'cpu/cpu.cfs_quota_us': '400000\n' }, undefined],
        ['v2 before v1', { 'cpu.max': '300000 100000\n', ...v1('400000\n', '100000\n') }, 3],
        ['nothing there', {}, undefined],
    ];
    for (const [what, files, cpus] of cases) {
        it(`${what}: ${cpus ?? 'none'}`, async () => {
            for (const [name, text] of Object.entries(files)) {
                await mkdir(dirname(join(root, name)), { recursive: true });
                await writeFile(join(root, name), text);
            }
            expect(cgroupQuota(root)).to.equal(cpus);
        });
    }
});
describe('thread counts', () => {
    it('are at least 1 and at most the cores, however many instances share them', () => {
        const cores = availableCores();
        expect(cores).to.be.within(1, availableParallelism());
        for (const instances of [1, 2, 3, 256]) {
            const threads = defaultIntraOpThreads(instances);
            expect(threads).to.satisfy(Number.isInteger);
            expect(threads).to.be.at.least(1);
            if (threads > 1)
                expect(threads * instances, 'with one core left').to.be.at.most(cores - 1);
        }
    });
});
