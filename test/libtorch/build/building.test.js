import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { putInPlace } from '#dist/libtorch/build/build-addon.js';
import { checkTools, compile } from '#dist/libtorch/build/compile.js';
import { until } from '../../support/server/http.js';
import { rejection } from '../../support/errors.js';
describe('building the addon', () => {
    let root;
    beforeEach(() => {
        root = mkdtempSync(join(tmpdir(), 'node-libtorch-test-'));
        write('package.json', '{}');
    });
    afterEach(() => rmSync(root, { recursive: true }));
    const write = (name, text) => {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), text);
        return join(root, name);
    };
    it('names every package that is missing at once', async () => {
        const { message } = await rejection(() => checkTools(root), 'ERR_BUILD');
        expect(message).to.contain('cmake-js and node-addon-api').and.contain('fix: npm install cmake-js node-addon-api');
    });
    it('ends with everything below it when it is stopped', async () => {
        write('node_modules/node-addon-api/package.json', '{}');
        const pid = join(root, 'pid');
        write('node_modules/cmake-js/bin/cmake-js', `const { spawn } = require('node:child_process');
      const compiler = spawn('sleep', ['60'], { stdio: 'inherit' });
      require('node:fs').writeFileSync(${JSON.stringify(pid)}, String(compiler.pid));
      setInterval(() => undefined, 1000);`);
        const stop = new AbortController();
        const running = compile({ root, libDir: root, includeDir: root, version: '2.15.0', signal: stop.signal });
        await until('the compiler runs', () => existsSync(pid) && readFileSync(pid, 'utf8') !== '');
        stop.abort('stopped');
        expect(await running.catch((error) => error)).to.equal('stopped');
        await until('the compiler is gone', () => hasEnded(Number(readFileSync(pid, 'utf8'))));
    });
    describe('modules compiled anew', () => {
        const release = () => readFileSync(join(root, 'build/Release/loader.node'), 'utf8');
        const compiled = () => dirname(write('build/addon/Release/loader.node', 'new'));
        it('take the place of those before', async () => {
            write('build/Release/loader.node', 'old');
            expect(await putInPlace(root, compiled(), () => Promise.resolve())).to.equal(join(root, 'build/Release'));
            expect(release()).to.equal('new');
            expect(readdirSync(join(root, 'build')).sort()).to.deep.equal(['Release', 'addon']);
        });
        it('are not what is kept of a run that was killed', async () => {
            write('build/before/loader.node', 'old');
            write('build/Release/loader.node', 'untested');
            await putInPlace(root, compiled(), () => Promise.reject(new Error('does not load'))).catch(() => undefined);
            expect(release()).to.equal('old');
        });
        it('leave them there where they do not load', async () => {
            const fails = () => Promise.reject(new Error('does not load'));
            expect(await putInPlace(root, compiled(), fails).catch((error) => error.message)).to.equal('does not load');
            expect(readdirSync(join(root, 'build'))).to.deep.equal(['addon']);
            write('build/Release/loader.node', 'old');
            await putInPlace(root, compiled(), fails).catch(() => undefined);
            expect(release()).to.equal('old');
        });
    });
});
/** Also where nobody collects it: the first process of a container may not. */
function hasEnded(pid) {
    try {
        process.kill(pid, 0);
        return existsSync('/proc/self/stat') && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    }
    catch {
        return true;
    }
}
