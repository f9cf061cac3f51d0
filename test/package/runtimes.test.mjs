// Bun and Deno, which are not Node but say that they are: docs/using-with.md names what works in them.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from './support/serve.mjs';
import { installed } from './support/setup.mjs';
import { tools } from './support/tools.mjs';

const bun = join(tools, '@oven/bun-linux-x64/bin/bun');
const runtimes = { Bun: [bun], Deno: [join(tools, '@deno/linux-x64-glibc/deno'), 'run', '-A'] };
const main = 'node_modules/node-libtorch/dist/cli/main.js';

for (const [name, [command, ...flags]] of Object.entries(runtimes)) {
  describe(name, () => {
    let app;
    before(async () => {
      app = (await installed()).add('predict.mjs', 'threads.mjs');
    });

    it('runs a model', async () => {
      expect(await app.ok(command, [...flags, 'predict.mjs'])).to.equal('7\n');
    });

    it('runs models in worker threads', async () => {
      expect((await app.ok(command, [...flags, 'threads.mjs'])).replace(/\s/g, '')).to.equal('[7,7,7]');
    });

    // Bun opened a second port once, on every address.
    it('serves on the address that it was given, and drains', async () => {
      const server = await serve(app, command, [...flags, main, 'serve']);
      expect(new URL(server.url).hostname).to.equal('127.0.0.1');
      const body = readFileSync(join(app.app, 'node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json'));
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}/predict`, { method: 'POST', headers, body });
      expect(await answer.json()).to.deep.include({ predictions: [7], model_version: 'v1.0' });
      expect(await server.stop()).to.deep.equal({ status: 0, signal: null });
    });

    // The second worker opens LibTorch then. Deno's exit does not wait for threads: more than half of such ends failed.
    it('ends while a worker still loads', async () => {
      for (let round = 0; round < 4; round++) {
        const server = await serve(app, command, [...flags, main, 'serve', '--workers', '2']);
        expect(await server.stop({ alone: true })).to.deep.equal({ status: 0, signal: null });
      }
    });
  });
}

describe('Bun', () => {
  it('refuses TLS with serve, where it would answer without it', async () => {
    const app = await installed();
    const files = ['-keyout', join(app.app, 'key.pem'), '-out', join(app.app, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', ...files];
    execFileSync('openssl', made, { stdio: 'ignore' });
    const tls = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem'];
    const { status, stderr } = await app.run(bun, [main, 'serve', '--port', '0', ...tls]);
    expect(stderr).to.match(/^error \[ERR_CONFIG\] Expected Node\.js for TLS with serve.*\n {2}fix: run it with node/);
    expect(status).to.equal(1);
  });
});
