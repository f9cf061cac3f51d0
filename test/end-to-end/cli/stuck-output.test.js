import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { digitRequest, root } from '../../support/paths.js';
const body = readFileSync(digitRequest, 'utf8');
const headers = { 'content-type': 'application/json' };
async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    return port;
}
describe('serve, when nobody takes its output', function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-output-'));
    after(() => rmSync(folder, { recursive: true }));
    const outputs = [
        ['a disk that is full', () => openSync('/dev/full', 'w')],
        [
            'a pipe that is never read',
            () => {
                const path = join(folder, 'pipe');
                execFileSync('mkfifo', [path]);
                return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
            },
        ],
    ];
    for (const [what, open] of outputs) {
        it(`goes on answering, and ends on SIGTERM with 0: ${what}`, async function () {
            if (!existsSync('/dev/full'))
                this.skip();
            const output = open();
            const port = await freePort();
            const child = spawn(process.execPath, [`${root}dist/cli/main.js`, 'serve', '--port', String(port), '--pre-stop-delay-ms', '0'], {
                stdio: ['ignore', output, 'ignore'],
                cwd: root,
            });
            try {
                const url = `http://127.0.0.1:${port}`;
                const ready = () => fetch(`${url}/health/ready`).then(({ status }) => status === 200, () => false);
                while (!(await ready()))
                    await new Promise((resolve) => setTimeout(resolve, 50));
                for (let i = 0; i < 600; ++i) {
                    const answer = await fetch(`${url}/predict`, { method: 'POST', headers, body });
                    expect(answer.status).to.equal(200);
                    await answer.arrayBuffer();
                }
                const ended = once(child, 'exit');
                child.kill('SIGTERM');
                const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
                expect(await ended).to.deep.equal([0, null]);
                clearTimeout(late);
            }
            finally {
                child.kill('SIGKILL');
                closeSync(output);
            }
        });
    }
});
