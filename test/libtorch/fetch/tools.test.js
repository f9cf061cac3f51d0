var __addDisposableResource = (this && this.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (this && this.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { extract } from '#dist/libtorch/fetch/extract.js';
import { pins, pinsFor } from '#dist/libtorch/fetch/pins.js';
import { findPip, pipArguments } from '#dist/libtorch/fetch/pip.js';
import { checkToolchain } from '#dist/libtorch/build/toolchain.js';
import { compareDotted } from '#dist/libtorch/version.js';
import { rejection } from '../../support/errors.js';
import { fakeIndex } from '../../support/fake-wheels.js';
describe('the tools of provisioning and building', () => {
    let bin;
    beforeEach(async () => {
        bin = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
    });
    afterEach(() => rm(bin, { recursive: true }));
    const tool = async (name, says, code = 0) => {
        await writeFile(join(bin, name), `#!/bin/sh\necho "${says}"\nexit ${code}\n`);
        await chmod(join(bin, name), 0o755);
    };
    it('no Python: one error with the command that installs it', async () => {
        const error = await rejection(() => findPip({ PATH: bin }), 'ERR_DOWNLOAD');
        expect(error.message)
            .to.contain('python3 -m pip: not on PATH')
            .and.contain('python -m pip: not on PATH')
            .and.contain('apt-get install -y python3 python3-pip');
    });
    it('a Python without pip is passed over', async () => {
        await tool('python3', 'No module named pip', 1);
        expect((await rejection(() => findPip({ PATH: bin }), 'ERR_DOWNLOAD')).message).to.contain('python3 -m pip: exit code 1');
        await tool('python', 'pip 23');
        expect(findPip({ PATH: bin })).to.equal('python');
    });
    it('a wheel is extracted into a folder that is not there yet', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const index = __addDisposableResource(env_1, await fakeIndex(), true);
            const to = join(bin, 'new');
            const written = await extract(index.path(0), to, { select: (entry) => /[^/]+\.so$/.exec(entry)?.[0] });
            expect([...written.keys()].sort())
                .to.deep.equal((await readdir(to)).sort())
                .and.have.length(3);
        }
        catch (e_1) {
            env_1.error = e_1;
            env_1.hasError = true;
        }
        finally {
            const result_1 = __disposeResources(env_1);
            if (result_1)
                await result_1;
        }
    });
    it('no tools: one error that names them all and the command that installs them', async () => {
        const error = await rejection(() => checkToolchain({ PATH: bin }), 'ERR_BUILD');
        expect(error.message)
            .to.contain('missing a C++20 compiler: looked for c++, g++, clang++ on PATH')
            .and.contain('missing CMake 3.22 or newer: looked for cmake on PATH')
            .and.contain('missing ninja or make')
            .and.contain('apt-get install -y g++ cmake ninja-build');
    });
    it('only CMake is missing or too old: the rest is shown as found', async () => {
        await tool('g++', 'g++ (Debian) 12.2.0');
        await tool('make', 'GNU Make 4.3');
        const missing = (await rejection(() => checkToolchain({ PATH: bin }), 'ERR_BUILD')).message;
        expect(missing).to.contain('found   a C++20 compiler: g++ (Debian) 12.2.0').and.contain('missing CMake');
        await tool('cmake', 'cmake version 3.16.3');
        expect((await rejection(() => checkToolchain({ PATH: bin }), 'ERR_BUILD')).message).to.contain('too old CMake 3.22 or newer: cmake version 3.16.3');
        await tool('cmake', 'cmake version 3.25.1');
        checkToolchain({ PATH: bin });
    });
    it('takes the compiler that CXX names', async () => {
        const error = await rejection(() => checkToolchain({ PATH: bin, CXX: 'my-c++' }), 'ERR_BUILD');
        expect(error.message).to.contain('looked for my-c++ on PATH');
    });
    it('compares versions by their numbers', () => {
        expect(compareDotted('2.9', '2.28')).to.be.below(0);
        expect(compareDotted('2.28', '2.28.0')).to.equal(0);
        expect(compareDotted('3.22.1', '3.22')).to.be.above(0);
    });
    it('pins are whole: a sha256, tags and files for each wheel', () => {
        for (const { triple, wheels } of pins) {
            for (const pin of wheels) {
                expect(pin.sha256, triple).to.match(/^[0-9a-f]{64}$/);
                expect(pin.file, triple).to.contain(`-${pin.platforms.join('.')}.whl`);
                expect(pin.files, triple).to.not.be.empty;
                expect(pin.bytes, pin.file).to.be.above(1e6);
                expect(pin.file).to.contain(pin.project.replaceAll('-', '_')).and.contain(`-${pin.version}-`);
            }
        }
        // One file, one hash, in whichever sets it is.
        const hashes = new Map(pins.flatMap(({ wheels }) => wheels.map(({ file, sha256 }) => [file, sha256])));
        expect(new Set(hashes.values()).size).to.equal(hashes.size);
        for (const { wheels } of pins)
            for (const pin of wheels)
                expect(hashes.get(pin.file)).to.equal(pin.sha256);
    });
    it('a platform without a pin is refused with the way out', async () => {
        const error = await rejection(() => pinsFor('linux-ppc64'), 'ERR_PLATFORM_UNSUPPORTED');
        expect(error.message).to.contain('linux-ppc64').and.contain('linux-x64').and.contain('LIBTORCH=');
    });
    it('asks pip for the file of a platform, whatever Python runs it', () => {
        const args = pipArguments(pinsFor('linux-x64').wheels[0], '/somewhere').join(' ');
        expect(args).to.contain('--python-version 3.11 --implementation cp --abi cp311 --platform manylinux_2_28_x86_64');
        expect(args).to.match(/--no-deps --only-binary=:all: .*torch==2\.15\.0$/);
    });
});
