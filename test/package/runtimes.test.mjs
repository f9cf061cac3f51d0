// Bun and Deno, which are not Node but say that they are: docs/using-with.md names what works in them.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from './support/serve.mjs';
import { installed, sandbox } from './support/setup.mjs';
import { root, tools } from './support/tools.mjs';

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
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

    // The second worker opens LibTorch then. Deno's exit does not wait for threads: more than half of such ends failed, so of four one did as
    // good as always. test/engines/exit.test.ts holds what is waited for.
    it('ends while a worker still loads', async () => {
      for (let round = 0; round < 4; round++) {
        const server = await serve(app, command, [...flags, main, 'serve', '--workers', '2']);
        expect(await server.stop({ alone: true })).to.deep.equal({ status: 0, signal: null });
      }
    });
  });
}

describe('Bun', () => {
  let app;
  before(async () => {
    app = sandbox().add('tls.mjs');
    const grpc = `@grpc/grpc-js@${devDependencies['@grpc/grpc-js']}`;
    await app.ok('npm', ['install', '--ignore-scripts', 'node-libtorch', grpc]);
    const files = ['-keyout', join(app.app, 'key.pem'), '-out', join(app.app, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', ...files];
    execFileSync('openssl', made, { stdio: 'ignore' });
  });

  it('refuses TLS with serve, where it would answer without it', async () => {
    const tls = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem'];
    const { status, stderr } = await app.run(bun, [main, 'serve', '--port', '0', ...tls]);
    expect(stderr).to.match(/^error \[ERR_CONFIG\] Expected Node\.js for TLS with serve.*\n {2}fix: run it with node/);
    expect(status).to.equal(1);
  });

  for (const asksForCertificate of [false, true]) {
    it(`encrypts what createServer answers${asksForCertificate ? ', for clients with a certificate alone' : ''}`, async () => {
      const server = app.spawn(bun, ['tls.mjs', ...(asksForCertificate ? ['cert.pem'] : [])]);
      let complaints = '';
      server.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
      const ended = once(server, 'close').then(() => Promise.reject(new Error(complaints)));
      const [line] = await Promise.race([once(server.stdout.setEncoding('utf8'), 'data'), ended]);
      ended.catch(() => undefined);
      const { port, grpcPort } = JSON.parse(line);
      const read = (name) => readFileSync(join(app.app, name));
      const own = { cert: read('cert.pem'), key: read('key.pem') };
      for (const each of [port, grpcPort]) expect(await plainAnswer(each)).to.not.match(/HTTP|^\0\0/);
      expect(await isLive(grpcPort, own)).to.equal(true);
      expect(await isLive(grpcPort, {})).to.equal(!asksForCertificate);
      server.kill();
      await ended.catch(() => undefined);
    });
  }
});

/** What is answered without encryption to an HTTP/2 preface with empty settings. */
async function plainAnswer(port) {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes.toString('latin1'))).on('error', () => undefined);
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  await Promise.race([once(socket, 'close'), delay(500)]);
  socket.destroy();
  return answer;
}

/** Whether a client with these certificates is told by gRPC that the server lives. */
async function isLive(port, certificates) {
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...certificates });
  try {
    return await new Promise((resolve) => {
      session.on('error', () => resolve(false)).on('close', () => resolve(false));
      const path = '/inference.GRPCInferenceService/ServerLive';
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
      const call = session.request(headers);
      call.on('error', () => resolve(false)).on('trailers', (trailers) => resolve(trailers['grpc-status'] === '0'));
      call.resume().end(Buffer.alloc(5));
    });
  } finally {
    session.destroy();
  }
}
