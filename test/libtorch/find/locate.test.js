import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { candidates, locate } from '#dist/libtorch/find/locate.js';
import { rejection } from '../../support/errors.js';
const set = 'libtorch-2.15.0-linux-x64-cpu';
describe('locate', () => {
    let root;
    let env;
    beforeEach(async () => {
        root = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
        env = { NODE_LIBTORCH_CACHE: join(root, 'cache'), PATH: process.env.PATH, HOME: process.env.HOME };
    });
    afterEach(() => rm(root, { recursive: true }));
    /** Writes files below the temporary folder; a name alone gets no content. */
    const files = async (...names) => {
        for (const item of names) {
            const [name, content] = typeof item === 'string' ? [item, ''] : item;
            await mkdir(dirname(join(root, name)), { recursive: true });
            await writeFile(join(root, name), content);
        }
    };
    const libtorch = (folder, version) => files(`${folder}/lib/libc10.so`, `${folder}/lib/libtorch_cpu.so`, [`${folder}/build-version`, `${version}\n`]);
    it('lists every place, what is there, and the command that fixes it', async () => {
        await files(['bin/python3', '#!/bin/sh\necho "[]"\n']); // a Python without torch, whatever this machine has
        await chmod(join(root, 'bin/python3'), 0o755);
        const places = { ...env, PATH: join(root, 'bin') };
        const error = await rejection(() => locate({ env: places }), 'ERR_LIBTORCH_NOT_FOUND');
        const [first, ...lines] = error.message.split('\n');
        expect(first).to.contain('Expected LibTorch 2.15');
        expect(lines.map((line) => line.trim())).to.satisfy((found) => [
            /^LIBTORCH: the environment: LIBTORCH is not set$/,
            new RegExp(`^cache: ${root}/cache/${set}: folder not found$`),
            /^package: @node-libtorch\/libtorch-linux-x64-gnu-cpu: not installed$/,
            /^python: python3: has no torch$/,
            /^fix: npm run build, or set LIBTORCH=/,
        ].every((pattern, i) => pattern.test(found[i] ?? '')));
    });
    it('takes LIBTORCH with lib/, in dependency order', async () => {
        await libtorch('mine', '2.15.1');
        await files('mine/lib/libgomp.so.1', 'mine/lib/libcudart.so.13', 'mine/lib/libcupti.so.13', 'mine/lib/libfoo.so');
        const found = locate({ env: { ...env, LIBTORCH: join(root, 'mine') } });
        expect(found).to.include({ source: 'LIBTORCH', version: '2.15.1', libDir: join(root, 'mine/lib'), hasCuda: false });
        expect(found.includeDir).to.equal(undefined);
        expect(found.libraries).to.deep.equal(['libgomp.so.1', 'libcudart.so.13', 'libcupti.so.13', 'libc10.so', 'libtorch_cpu.so'].map((name) => join(root, 'mine/lib', name)));
    });
    it('takes a flat LIBTORCH, its headers beside it, and its version from CMake', async () => {
        await files('flat/libc10.so', 'flat/libtorch_cpu.so', 'include/ATen/ATen.h', [
            'share/cmake/Torch/TorchConfigVersion.cmake',
            'set(PACKAGE_VERSION "2.15.0")',
        ]);
        const found = locate({ env: { ...env, LIBTORCH: join(root, 'flat') } });
        expect(found).to.include({ version: '2.15.0', libDir: join(root, 'flat'), includeDir: join(root, 'include') });
    });
    it('refuses another minor and names both versions', async () => {
        await libtorch('old', '2.11.0+cpu');
        const error = await rejection(() => locate({ env: { ...env, LIBTORCH: join(root, 'old') } }), 'ERR_LIBTORCH_VERSION');
        expect(error.message).to.contain('Expected LibTorch 2.15').and.contain('is LibTorch 2.11.0+cpu, not 2.15');
        expect(locate({ env: { ...env, LIBTORCH: join(root, 'old') }, version: '2.11.3' }).version).to.equal('2.11.0+cpu');
    });
    it('never replaces a LIBTORCH that cannot be used', async () => {
        await libtorch(`cache/${set}`, '2.15.0');
        expect(locate({ env }).source).to.equal('cache');
        const wrong = { ...env, LIBTORCH: join(root, 'nowhere') };
        const { message } = await rejection(() => locate({ env: wrong }), 'ERR_LIBTORCH_NOT_FOUND');
        expect(message).to.contain('fix: unset LIBTORCH, or set LIBTORCH=');
    });
    it('without Python it says so', async () => {
        const error = await rejection(() => locate({ env: { ...env, PATH: root } }), 'ERR_LIBTORCH_NOT_FOUND');
        expect(error.message).to.contain('python: python3: not on PATH');
    });
    it('refuses libraries whose version is nowhere', async () => {
        await files('lib/libc10.so', 'lib/libtorch_cpu.so');
        const error = await rejection(() => locate({ env: { ...env, LIBTORCH: root } }), 'ERR_LIBTORCH_NOT_FOUND');
        expect(error.message).to.contain('its version is unknown');
    });
    describe('in a Python environment', () => {
        beforeEach(async () => {
            env.PYTHONPATH = join(root, 'site');
            await files(['site/torch/__init__.py', 'raise RuntimeError("imported")'], ['site/torch/version.py', "__version__ = '2.15.0+cu132'\ncuda = '13.2'\n"], 'site/torch/lib/libc10.so', 'site/torch/lib/libtorch_cpu.so', 'site/torch/include/ATen/ATen.h', 'site/nvidia/cu13/lib/libcudart.so.13', 'site/nvidia/cu13/lib/libcublas.so.13', 'site/nvidia/cu13/lib/libcublasLt.so.13', 'site/nvidia/cudnn/lib/libcudnn.so.9', 'site/nvidia/cudnn/lib/libcudnn_ops.so.9');
        });
        it('finds torch without importing it', () => {
            const found = locate({ env });
            expect(found).to.include({ source: 'python', version: '2.15.0+cu132', hasCuda: false });
            expect(found.includeDir).to.equal(join(root, 'site/torch/include'));
            expect(found.libraries.map((path) => path.slice(root.length))).to.deep.equal([
                '/site/nvidia/cu13/lib/libcudart.so.13',
                '/site/torch/lib/libc10.so',
                '/site/torch/lib/libtorch_cpu.so',
            ]);
        });
        it('lists the CUDA libraries after those that they need', async () => {
            await files('site/torch/lib/libtorch_cuda.so', 'site/torch/lib/libc10_cuda.so');
            const found = locate({ env });
            expect(found.hasCuda).to.equal(true);
            expect(found.cudaLibraries.map((path) => path.slice(root.length))).to.deep.equal([
                '/site/nvidia/cu13/lib/libcublasLt.so.13',
                '/site/nvidia/cu13/lib/libcublas.so.13',
                '/site/nvidia/cudnn/lib/libcudnn.so.9',
                '/site/torch/lib/libc10_cuda.so',
                '/site/torch/lib/libtorch_cuda.so',
            ]);
        });
        it('refuses another minor there too', async () => {
            await files(['site/torch/version.py', "__version__ = '2.9.1'\n"]);
            const error = await rejection(() => locate({ env }), 'ERR_LIBTORCH_VERSION');
            expect(error.message).to.contain('python: ').and.contain('is LibTorch 2.9.1, not 2.15');
        });
        it('comes last', async () => {
            await libtorch(`cache/${set}`, '2.15.0');
            expect([...candidates({ env })].flatMap((candidate) => candidate.set?.source ?? [])).to.deep.equal([
                'cache',
                'python',
            ]);
        });
    });
});
